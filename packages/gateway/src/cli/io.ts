import type { SizeLimit } from '@grantgate/middleware/base/file-error';
import type { Sink } from '../observe/sink.ts';
import type { PrimaryLink } from '../workers/primary-link.ts';
import type { WorkerProcess } from '../workers/worker-members.ts';

/** Output stream of a command. */
export interface Output {
  write(text: string): void;
  /** True for a terminal that supports colours. */
  readonly colors: boolean;
}

export type StopSignal = 'SIGINT' | 'SIGTERM';

/** The parts of a process that a command uses, so that it also runs inside a test. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  /**
   * Reads standard input completely.
   * @throws FileError when it cannot be read, or exceeds the limit.
   */
  readonly readStdin: (limit: SizeLimit) => Promise<Buffer>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Paths of the command line are relative to it. */
  readonly cwd: string;
  /** Called for every SIGINT and SIGTERM until the returned function is called; meanwhile they do not end the process. */
  readonly onSignal: (listener: (signal: StopSignal) => void) => () => void;
  /** Called when log files must be reopened (SIGUSR1, as with Traefik), until the returned function is called. */
  readonly onReopen: (listener: () => void) => () => void;
  /**
   * Calls the listener when the processes must restart with the current configuration (SIGHUP), until the returned function
   * is called.
   */
  readonly onRestart: (listener: () => void) => () => void;
  /** The process that started this one as a worker; undefined for a process that was started in another way. */
  readonly findPrimary: () => Promise<PrimaryLink | undefined>;
  /** Starts workers: each call runs the same command line in another process. */
  readonly openFork: () => Promise<() => WorkerProcess>;
  /** A stream as a destination of logs, which do not wait for its reader. */
  readonly openSink: (name: 'stdout' | 'stderr') => Promise<Sink>;
  /** Ends the process at once, even with open resources. */
  readonly exit: (code: number) => void;
}
