import type { Clock, Timer } from '@grantgate/middleware/base/clock';
import type { ApiEvent } from '../providers/kubernetes/api-event.ts';
import type { Log } from './log.ts';

/** Minimum milliseconds between two warnings with one reason: an API server may fail repeatedly. */
const quietMs = 60_000;
/** Maximum number of names in one line. */
const maxNames = 10;

/**
 * Logs when the API server is unavailable and why, at most once a minute per reason, and when it is available again; without which
 * Secrets a gateway is ready; and when Events are not permitted.
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
    // An outage that outlasts this minute is logged then, because no other state may follow.
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
      // Counted, but not logged.
    }
  };
}
