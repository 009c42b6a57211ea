import type { ListenAddresses } from '../config/address.ts';
import type { Log } from './log.ts';

/** Logs the addresses on which a gateway listens, one line per entry point. */
export function logAddresses(log: Log, addresses: ListenAddresses): void {
  for (const [entryPoint, { host, port }] of addresses)
    log.info('listening', { entryPoint, host: host ?? '*', port });
}
