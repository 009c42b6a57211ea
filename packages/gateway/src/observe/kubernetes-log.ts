import type { Clock } from '@grantgate/middleware/base/clock';
import type { ApiEvent } from '../providers/kubernetes/api-event.ts';
import type { Log } from './log.ts';

/** Milliseconds between two warnings of an API server that comes and goes. */
const quietMs = 60_000;

/** Says in the log when the API server is away and when it is back, at most once a minute, and when Events may not be written. */
export function createKubernetesLog(log: Log, clock: Clock): (event: ApiEvent) => void {
  let quietUntil = -Infinity;
  let said = false;
  return (event) => {
    if (event.kind === 'events_refused') {
      const { namespace, reason } = event;
      log.warn(
        'the Kubernetes API rejects Events of a namespace: problems of its objects are only in this log',
        {
          namespace,
          reason,
        },
      );
    } else if (!event.ready) {
      if (clock.monotonic() < quietUntil) return;
      quietUntil = clock.monotonic() + quietMs;
      said = true;
      log.warn('the Kubernetes API is not available: what was read last stays in use', {
        reason: event.reason,
      });
    } else if (said) {
      said = false;
      log.info('the Kubernetes API is available again');
    }
  };
}
