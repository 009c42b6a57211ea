import cluster from 'node:cluster';
import type { WorkerProcess } from './worker-members.ts';

/**
 * Creates what starts workers: this program with the same arguments, and `env` besides. They share each listening socket, and
 * each takes connections from it when it can (SCHED_NONE). Node.js's round robin has the primary take them and hand them on:
 * that cost a third more processor time for a connection, a connection that was on its way to a worker that died stayed open
 * with nobody to answer it, and a worker that hangs went on being given its share.
 */
export function createFork(env: Readonly<Record<string, string>>): () => WorkerProcess {
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  // Bytes are bytes on the way, not arrays of numbers in JSON.
  cluster.setupPrimary({ serialization: 'advanced' });
  return () => {
    const worker = cluster.fork(env);
    // The message could not be sent to a worker that is exiting.
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
