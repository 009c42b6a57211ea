import type { Clock } from '@grantgate/middleware/base/clock';
import type { RequestRecord } from '../pipeline/record.ts';
import type { Log } from './log.ts';
import { createQuietWarnings } from './quiet-warnings.ts';

/**
 * Says in the log why requests do not pass. What the gateway or a server is to blame for (5xx) is a warning, at most one each
 * ten seconds for a router and code, so that an outage does not flood the log; what callers are to blame for is for debugging.
 */
export function createRefusalLog(log: Log, clock: Clock): (record: RequestRecord) => void {
  const warn = createQuietWarnings(log, clock);
  return (record) => {
    const { refusal, routerName } = record;
    if (refusal === undefined) return;
    const { requestId } = record;
    const fields = { router: routerName, code: refusal.code, requestId };
    if (refusal.status < 500) {
      log.debug(refusal.detail, fields);
      return;
    }
    warn(`${routerName ?? ''} ${refusal.code}`, refusal.detail, fields);
  };
}
