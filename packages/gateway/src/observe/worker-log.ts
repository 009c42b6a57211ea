import type { WorkerEvent } from '../workers/event.ts';
import { logAddresses } from './addresses-log.ts';
import type { Log } from './log.ts';

/** Logs the state of the workers. */
export function createWorkerLog(log: Log): (event: WorkerEvent) => void {
  return (event) => {
    switch (event.kind) {
      case 'listening':
        logAddresses(log, event.addresses);
        return;
      case 'ready':
        log.info('worker ready', { worker: event.worker, pid: event.pid });
        return;
      case 'crashed':
        log.error('worker exited unexpectedly; restarting it', {
          worker: event.worker,
          how: event.how,
          delayMs: event.delayMs,
        });
        return;
      case 'start_failed':
        log.error('worker failed to start', {
          worker: event.worker,
          reason: event.reason,
          delayMs: event.delayMs,
        });
        return;
      case 'restarting':
        log.info('replacing workers one by one');
        return;
      case 'restarted':
        log.info('workers replaced');
        return;
      case 'restart_failed':
        log.error('replacing workers failed: the old workers continue');
        return;
      case 'killed':
        log.warn('worker did not exit in time and was killed', { worker: event.worker });
    }
  };
}
