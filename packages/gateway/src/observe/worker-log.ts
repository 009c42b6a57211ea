import type { WorkerEvent } from '../workers/event.ts';
import { logAddresses } from './addresses-log.ts';
import type { Log } from './log.ts';

/** Says in the log how the workers are. */
export function createWorkerLog(log: Log): (event: WorkerEvent) => void {
  return (event) => {
    switch (event.kind) {
      case 'listening':
        logAddresses(log, event.addresses);
        return;
      case 'ready':
        log.info('a worker is ready', { worker: event.worker, pid: event.pid });
        return;
      case 'crashed':
        log.error('a worker ended unasked and is replaced', {
          worker: event.worker,
          how: event.how,
          delayMs: event.delayMs,
        });
        return;
      case 'start_failed':
        log.error('a worker could not start', {
          worker: event.worker,
          reason: event.reason,
          delayMs: event.delayMs,
        });
        return;
      case 'restarting':
        log.info('replacing the workers one after the other');
        return;
      case 'restarted':
        log.info('the workers have been replaced');
        return;
      case 'restart_failed':
        log.error('the workers could not be replaced: the old ones go on');
        return;
      case 'killed':
        log.warn('a worker did not end in time and was cut', { worker: event.worker });
    }
  };
}
