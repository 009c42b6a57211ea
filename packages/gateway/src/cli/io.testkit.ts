import { Readable } from 'node:stream';
import { readStream } from '../files/read-stream.ts';
import type { Io, StopSignal } from './io.ts';
import type { PrimaryLink } from '../workers/primary-link.ts';
import { run } from './run.ts';

export interface TestIo extends Io {
  /** The output so far. */
  readonly written: { stdout: string; stderr: string };
  /** Delivers a signal as if the process had received it. */
  readonly signal: (signal: StopSignal) => void;
  /** Codes that `exit` was called with. */
  readonly exits: readonly number[];
}

export interface TestIoOptions {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly colors?: boolean;
  /** The process that started this one as a worker. */
  readonly primary?: PrimaryLink;
  /** Called with each piece of output. */
  readonly onWrite?: (text: string) => void;
}

export function createTestIo(options: TestIoOptions = {}): TestIo {
  const written = { stdout: '', stderr: '' };
  const listeners = new Set<(signal: StopSignal) => void>();
  const exits: number[] = [];
  const toOutput = (name: 'stdout' | 'stderr'): Io['stdout'] => ({
    colors: options.colors ?? false,
    write(text) {
      written[name] += text;
      options.onWrite?.(text);
    },
  });
  return {
    written,
    exits,
    stdout: toOutput('stdout'),
    stderr: toOutput('stderr'),
    readStdin: (limit) => readStream(Readable.from([Buffer.from(options.stdin ?? '')]), limit),
    env: options.env ?? {},
    cwd: options.cwd ?? process.cwd(),
    onSignal(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    onReopen: () => () => {},
    onRestart: () => () => {},
    findPrimary: async () => options.primary,
    openFork: async () => {
      throw new Error('no workers here');
    },
    openSink: async (name) => ({
      write: (text) => toOutput(name).write(text),
      reopen() {},
      close: async () => {},
    }),
    exit: (code) => void exits.push(code),
    signal: (signal) => [...listeners].forEach((listener) => listener(signal)),
  };
}

/** Runs a command line in this process. */
export async function runCommand(
  argv: readonly string[],
  options: TestIoOptions = {},
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const io = createTestIo(options);
  const code = await run(argv, io);
  return { code, ...io.written };
}
