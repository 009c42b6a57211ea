// Loaded into the processes of a gateway: its primary prints the longest delay of its event loop since the last SIGUSR2. A finer
// resolution would cost more than what is measured.
import cluster from 'node:cluster';
import { monitorEventLoopDelay } from 'node:perf_hooks';

if (cluster.isPrimary) {
  const delays = monitorEventLoopDelay({ resolution: 10 });
  delays.enable();
  process.on('SIGUSR2', () => {
    process.stderr.write(`${JSON.stringify({ msg: 'longest delay', ms: delays.max / 1e6 })}\n`);
    delays.reset();
  });
}
