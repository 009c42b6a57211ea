import cluster from 'node:cluster';
import type { WorkerProcess } from './worker-members.ts';

/**
 * Creates a function that starts workers: this program with the same arguments, and with `env` added. Workers share each listening
 * socket, and each accepts connections when it is free (SCHED_NONE). With Node.js's round robin, the primary would accept
 * connections and pass them on. That took a third more processor time per connection; a connection on its way to a crashed worker
 * stayed open without a response, and a hung worker continued to receive its share.
 */
export function createFork(env: Readonly<Record<string, string>>): () => WorkerProcess {
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  // Sends bytes as bytes instead of JSON arrays of numbers.
  cluster.setupPrimary({ serialization: 'advanced' });
  return () => {
    const worker = cluster.fork(env);
    // The message could not be sent, because the worker is exiting.
    worker.on('error', () => {});
    return {
      pid: worker.process.pid,
      send(message) {
        if (worker.isConnected()) worker.process.send(message, () => {});
      },
      onMessage: (listener) => void worker.on('message', listener),
      onExit: (listener) =>
        void worker.on('exit', (code, signal: string | null) => {
          const tell = (): void => listener(signal ?? `exit code ${code}`);
          // Its last message may still be in the channel, which closes with the process.
          if (worker.isConnected()) worker.once('disconnect', tell);
          else tell();
        }),
      kill: () => void worker.process.kill('SIGKILL'),
    };
  };
}
