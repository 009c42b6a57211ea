import type { PredicateFunction } from '@grantgate/middleware/predicate/functions';
import type { MatchContext } from '../match-context.ts';
import { compileRegexp } from '../regexp/compile.ts';
import { refuseEmpty } from './argument.ts';

/** Query(`key`, `value`): the parameter has exactly that value; Query(`key`): it is present without a value (`?key` or `?key=`). */
export const query: PredicateFunction<MatchContext> = {
  parameters: ['key', 'value'],
  required: 1,
  build(args) {
    const [key = '', value = ''] = args;
    return refuseEmpty(args) ?? ((context) => context.queryValues(key).includes(value));
  },
};

/** QueryRegexp(`key`, `regexp`): a value of the parameter matches; QueryRegexp(`key`) is Query(`key`). */
export const queryRegexp: PredicateFunction<MatchContext> = {
  parameters: ['key', 'regexp'],
  required: 1,
  build(args) {
    const [key = '', source] = args;
    if (source === undefined) return query.build(args);
    const empty = refuseEmpty(args);
    if (empty !== undefined) return empty;
    const compiled = compileRegexp(source);
    return compiled.ok
      ? (context) => context.queryValues(key).some((value) => compiled.test(value, context))
      : { argument: 1, message: compiled.message };
  },
};
