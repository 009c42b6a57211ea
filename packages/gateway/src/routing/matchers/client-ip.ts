import type { PredicateFunction } from '@grantgate/middleware/predicate/functions';
import { parseRange } from '../address.ts';
import type { MatchContext } from '../match-context.ts';

/** ClientIP(`range`): the address of the connection's peer (never `X-Forwarded-For`) equals the address or is in the CIDR range. */
export const clientIp: PredicateFunction<MatchContext> = {
  parameters: ['range'],
  build([range = '']) {
    const contains = parseRange(range);
    if (contains === undefined)
      return { argument: 0, message: 'expected an IPv4 or IPv6 address or CIDR range' };
    return ({ peer }) => contains(peer);
  },
};
