import type { PredicateFunction } from '@grantgate/middleware/predicate/functions';
import type { MatchContext } from '../match-context.ts';
import { refuseEmpty } from './argument.ts';

/** Method(`method`): the argument in any letter case; the request's method as sent (RFC 9110 section 9.1: case-sensitive). */
export const method: PredicateFunction<MatchContext> = {
  parameters: ['method'],
  build(args) {
    const wanted = (args[0] ?? '').toUpperCase();
    return refuseEmpty(args) ?? (({ facts }) => facts.method === wanted);
  },
};
