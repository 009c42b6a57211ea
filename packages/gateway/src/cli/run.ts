import { CommanderError, type Command } from 'commander';
import type { Io } from './io.ts';
import { createProgram } from './program.ts';
import { UsageError } from './usage-error.ts';

/** Treats `help nope` like `nope`: commander would print the help of the program, as if it had been requested. */
function withoutHelp(argv: readonly string[], program: Command): readonly string[] {
  const [first, name] = argv;
  if (first !== 'help' || name === undefined) return argv;
  if (name === 'help') return ['help'];
  return program.commands.some((command) => command.name() === name) ? argv : [name];
}

/**
 * Runs one command line, without the name of the program.
 *
 * @returns The exit code: 0 success, 1 a finding, 2 wrong usage.
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  let exitCode = 0;
  const program = createProgram(io, async (command) => {
    exitCode = await command();
  });
  try {
    await program.parseAsync(withoutHelp(argv, program), { from: 'user' });
  } catch (error) {
    // commander has already printed the error or the help.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof UsageError)) throw error;
    io.stderr.write(`error: ${error.message}\n`);
    return 2;
  }
  return exitCode;
}
