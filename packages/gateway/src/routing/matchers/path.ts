import type { ArgumentFault, PredicateFunction } from '@grantgate/middleware/predicate/functions';
import type { MatchContext } from '../match-context.ts';
import { compileRegexp } from '../regexp/compile.ts';
import { refuseEmpty } from './argument.ts';

/** Path(`path`): equals the whole path, including letter case and a trailing slash. */
export const path: PredicateFunction<MatchContext> = {
  parameters: ['path'],
  build(args) {
    const [wanted = ''] = args;
    return refusePath(args) ?? ((context) => context.path === wanted);
  },
};

/** PathPrefix(`prefix`): the path starts with this text: `/api` matches `/api`, `/api/x` and `/apis`, as in Traefik. */
export const pathPrefix: PredicateFunction<MatchContext> = {
  parameters: ['prefix'],
  build(args) {
    const [prefix = ''] = args;
    return refusePath(args) ?? ((context) => context.path.startsWith(prefix));
  },
};

/** PathRegexp(`regexp`): the path contains a match; anchor the expression to match all of it. */
export const pathRegexp: PredicateFunction<MatchContext> = {
  parameters: ['regexp'],
  build(args) {
    const [source = ''] = args;
    const empty = refuseEmpty(args);
    if (empty !== undefined) return empty;
    const compiled = compileRegexp(source);
    return compiled.ok
      ? (context) => compiled.test(context.path, context)
      : { argument: 0, message: compiled.message };
  },
};

function refusePath(args: readonly string[]): ArgumentFault | undefined {
  if (args[0]?.startsWith('/') === false && args[0] !== '')
    return { argument: 0, message: 'expected a path that starts with /' };
  return refuseEmpty(args);
}
