import type { SizeLimit } from '@grantgate/middleware/base/file-error';
import type { Sink } from '../observe/sink.ts';
import type { PrimaryLink } from '../workers/primary-link.ts';
import type { WorkerProcess } from '../workers/worker-members.ts';

/** Where a command writes. */
export interface Output {
  write(text: string): void;
  /** True for a terminal that shows colours. */
  readonly colors: boolean;
}

export type StopSignal = 'SIGINT' | 'SIGTERM';

/** All that a command sees of its process, so that it runs inside a test as well. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  /**
   * Everything that comes on standard input, until its end.
   *
   * @throws FileError when it cannot be read, or has more bytes than the limit.
   */
  readonly readStdin: (limit: SizeLimit) => Promise<Buffer>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Paths of the command line are relative to it. */
  readonly cwd: string;
  /** Called for every SIGINT and SIGTERM until the returned function is called; meanwhile they do not end the process. */
  readonly onSignal: (listener: (signal: StopSignal) => void) => () => void;
  /** Called when log files must be reopened (SIGUSR1, as with Traefik), until the returned function is called. */
  readonly onReopen: (listener: () => void) => () => void;
  /** Told to start again with what the configuration says now (SIGHUP) until the returned function is called. */
  readonly onRestart: (listener: () => void) => () => void;
  /** The process that started this one as a worker; undefined for a process that somebody else started. */
  readonly findPrimary: () => Promise<PrimaryLink | undefined>;
  /** What starts workers: each call runs the same command line in another process. */
  readonly openFork: () => Promise<() => WorkerProcess>;
  /** A stream as a destination of logs, which do not wait for whoever reads them. */
  readonly openSink: (name: 'stdout' | 'stderr') => Promise<Sink>;
  /** Ends the process at once, whatever is still open. */
  readonly exit: (code: number) => void;
}
