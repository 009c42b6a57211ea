import type { Clock, Timer } from '@grantgate/middleware/base/clock';
import type { ApiEvent } from '../providers/kubernetes/api-event.ts';
import type { Log } from './log.ts';

/** Milliseconds between two warnings of one reason: an API server may come and go. */
const quietMs = 60_000;
/** Names that one line lists. */
const maxNames = 10;

/**
 * Says in the log when the API server is away and why, each reason once a minute at most, and when it is back; which Secrets a
 * gateway is ready without; and when Events may not be written.
 */
export function createKubernetesLog(log: Log, clock: Clock): (event: ApiEvent) => void {
  const quietUntil = new Map<string | undefined, number>();
  let said = false;
  let timer: Timer | undefined;
  const onState = ({ ready, reason, cause }: Extract<ApiEvent, { kind: 'state' }>): void => {
    timer?.cancel();
    if (ready) {
      if (said) log.info('Kubernetes API available again');
      said = false;
      return;
    }
    const say = (): void => {
      quietUntil.set(cause, clock.monotonic() + quietMs);
      said = true;
      log.warn('Kubernetes API unavailable: keeping the last known objects', { reason });
    };
    const quietForMs = (quietUntil.get(cause) ?? -Infinity) - clock.monotonic();
    // An outage that lasts beyond the quiet minute is logged then: no other state may follow.
    if (quietForMs > 0) timer = clock.after(quietForMs, say);
    else say();
  };
  return (event) => {
    switch (event.kind) {
      case 'state':
        onState(event);
        return;
      case 'secrets_overdue':
        log.warn('Secrets not read in time: ready without them, their middlewares refuse requests', {
          count: event.secrets.length,
          secrets: event.secrets.slice(0, maxNames).join(', '),
        });
        return;
      case 'events_refused':
        log.warn(
          'Kubernetes API rejects Events of a namespace: problems of its objects are only in this log',
          { namespace: event.namespace, reason: event.reason },
        );
        return;
      case 'statuses_refused':
        log.warn('Kubernetes API rejects the status of HTTPRoutes of a namespace', {
          namespace: event.namespace,
          reason: event.reason,
        });
        return;
      case 'event_refused':
      // Counted, not logged.
    }
  };
}
