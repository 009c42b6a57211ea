import type { Clock } from '@grantgate/middleware/base/clock';
import type { RequestRecord } from '../pipeline/record.ts';
import { toShownClientId } from '../pipeline/client-id.ts';
import type { Log } from './log.ts';
import type { Refusal } from '../middlewares/refusal.ts';
import { createQuietWarnings } from './quiet-warnings.ts';

/**
 * Logs the reasons why requests were refused, and why upstream responses were cut off. A fault of the gateway or a server (5xx) is
 * a warning, at most once in ten seconds per router, code and fault, so that an outage does not flood the log. A proxy's request
 * for an unknown middleware is a warning too. Faults of callers are logged at level debug.
 */
export function createRefusalLog(
  log: Log,
  clock: Clock,
  onRefusal?: (record: RequestRecord, refusal: Refusal) => void,
): (record: RequestRecord) => void {
  const warn = createQuietWarnings(log, clock);
  return (record) => {
    const { refusal, originFault, routerName, requestId } = record;
    const reason = originFault ?? refusal?.reason;
    if (refusal === undefined && reason === undefined) return;
    if (refusal !== undefined) onRefusal?.(record, refusal);
    const fields = {
      router: routerName,
      middleware: refusal?.middleware,
      server: originFault && record.serverUrl,
      clientId: refusal?.clientId && toShownClientId(refusal.clientId),
      code: refusal?.code,
      reason,
      requestId,
      traceId: record.trace?.traceId,
      spanId: record.trace?.spanId,
    };
    if (refusal === undefined) {
      warn(`${routerName ?? ''} ${reason ?? ''}`, 'incomplete response from the server', fields);
      return;
    }
    // A proxy that asks for an unknown name refuses every request, and only the operator can fix that.
    if (refusal.status < 500 && refusal.code !== 'middleware_unknown') {
      log.debug(refusal.detail, fields);
      return;
    }
    // Not the reason of a refusal, because an authorization server may put a new number into each description.
    warn(`${routerName ?? ''} ${refusal.code} ${originFault ?? ''}`, refusal.detail, fields);
  };
}
