import { availableParallelism } from 'node:os';
import type { InstallConfig } from '../../config/install.ts';

/** Number of processes that serve requests. */
export function countWorkers({ workers }: InstallConfig): number {
  return workers === 'auto' ? availableParallelism() : workers;
}
