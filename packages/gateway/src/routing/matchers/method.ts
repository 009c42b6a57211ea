import type { PredicateFunction } from '@grantgate/middleware/predicate/functions';
import type { MatchContext } from '../match-context.ts';
import { refuseEmpty } from './argument.ts';

/** Method(`method`): equals the method. The argument may have any letter case; methods are case-sensitive (RFC 9110 section 9.1). */
export const method: PredicateFunction<MatchContext> = {
  parameters: ['method'],
  build(args) {
    const wanted = (args[0] ?? '').toUpperCase();
    return refuseEmpty(args) ?? (({ facts }) => facts.method === wanted);
  },
};
