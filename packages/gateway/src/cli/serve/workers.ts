import { availableParallelism } from 'node:os';
import type { InstallConfig } from '../../config/install.ts';

/** How many processes are to serve requests. */
export function countWorkers({ workers }: InstallConfig): number {
  return workers === 'auto' ? availableParallelism() : workers;
}
