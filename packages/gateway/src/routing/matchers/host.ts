import type { ArgumentFault, PredicateFunction } from '@grantgate/middleware/predicate/functions';
import type { RequestFacts } from '../facts.ts';
import type { MatchContext } from '../match-context.ts';
import { isAscii, refuseEmpty } from './argument.ts';
import { compileRegexp } from '../regexp/compile.ts';

/** The single host that an argument of `Host` stands for, in the form of `RequestFacts.host`; undefined for a wildcard. */
export function toExactHost(argument: string): string | undefined {
  return argument.startsWith('*') ? undefined : toHostForm(argument);
}

// A name with a trailing dot is the same name in its fully qualified form.
const toHostForm = (argument: string): string => argument.toLowerCase().replace(/\.$/, '');

const findHostFault = (args: readonly string[], expected: string): ArgumentFault | undefined =>
  refuseEmpty(args) ??
  (isAscii(args[0] ?? '') ? undefined : { argument: 0, message: `expected ${expected} in its xn-- form` });

/**
 * Host(`domain`): the request's host, in any letter case. `*` is every host; `*.example.com` is any single label before `.example.com`,
 * `**.example.com` one or more (Traefik 3.7 and 3.8). An internationalised name is compared in its ASCII form (RFC 5890), which
 * clients send.
 */
export const host: PredicateFunction<MatchContext> = {
  parameters: ['domain'],
  build(args) {
    const [argument = ''] = args;
    const fault = findHostFault(args, 'an ASCII host name: write an internationalised name');
    if (fault !== undefined) return fault;
    const exact = toExactHost(argument);
    if (exact !== undefined) return ({ facts }) => facts.host === exact && exact !== '';
    if (argument === '*') return () => true;
    const pattern = toHostForm(argument);
    if (pattern.startsWith('**.')) {
      const suffix = pattern.slice(2);
      return ({ facts }) => facts.host.length > suffix.length && facts.host.endsWith(suffix);
    }
    return ({ facts }) => facts.host !== '' && replaceFirstLabel(facts.host) === pattern;
  },
};

/** With the trailing dot if the request has one: as in Traefik, `^example\.com$` does not match `example.com.`. */
const toWrittenHost = ({ host, authority }: RequestFacts): string =>
  /[^.:]\.(?::\d*)?$/.test(authority) ? `${host}.` : host;

function replaceFirstLabel(name: string): string {
  const dot = name.indexOf('.');
  return dot < 0 ? '*' : `*${name.slice(dot)}`;
}

/** HostRegexp(`regexp`): the host in lower case, without port, contains a match; anchor the expression to match all of it. */
export const hostRegexp: PredicateFunction<MatchContext> = {
  parameters: ['regexp'],
  build(args) {
    const [argument = ''] = args;
    const fault = findHostFault(args, 'ASCII: write an internationalised host name');
    if (fault !== undefined) return fault;
    const compiled = compileRegexp(argument);
    return compiled.ok
      ? (context) => compiled.test(toWrittenHost(context.facts), context)
      : { argument: 0, message: compiled.message };
  },
};
