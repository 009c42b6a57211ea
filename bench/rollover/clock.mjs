import { performance } from 'node:perf_hooks';

/** Milliseconds since the epoch, with a fraction: the same in all processes of a machine. */
export const now = () => performance.timeOrigin + performance.now();
