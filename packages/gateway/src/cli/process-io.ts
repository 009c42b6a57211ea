import type { WriteStream } from 'node:tty';
import { readStream } from '../files/read-stream.ts';
import type { Io, Output, StopSignal } from './io.ts';

/** Set for workers, because `cluster.isWorker` does not say which program started the process. */
const workerVariable = 'GRANTGATE_WORKER';

/** The real process. */
export function createProcessIo(process: NodeJS.Process): Io {
  const toOutput = (stream: WriteStream): Output => ({
    write: (chunk) => void stream.write(chunk),
    colors: stream.isTTY && stream.hasColors() && process.env['NO_COLOR'] === undefined,
  });
  // `grantgate schema | head` closes the pipe early, which is not an error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  return {
    stdout: toOutput(process.stdout),
    stderr: toOutput(process.stderr),
    readStdin: (limit) => readStream(process.stdin, limit),
    env: process.env,
    cwd: process.cwd(),
    onSignal(listener) {
      const handle = (signal: NodeJS.Signals): void => listener(signal as StopSignal);
      process.on('SIGINT', handle);
      process.on('SIGTERM', handle);
      return () => {
        process.off('SIGINT', handle);
        process.off('SIGTERM', handle);
      };
    },
    onReopen(listener) {
      process.on('SIGUSR1', listener);
      return () => void process.off('SIGUSR1', listener);
    },
    onRestart(listener) {
      process.on('SIGHUP', listener);
      return () => void process.off('SIGHUP', listener);
    },
    async findPrimary() {
      if (process.env[workerVariable] === undefined) return undefined;
      return (await import('../workers/primary-link.ts')).createPrimaryLink(process);
    },
    async openFork() {
      const { createFork } = await import('../workers/fork.ts');
      return createFork({ [workerVariable]: '1' });
    },
    async openSink(name) {
      const { openSink } = await import('../observe/sink.ts');
      return openSink(process[name].fd);
    },
    exit: (code) => process.exit(code),
  };
}
