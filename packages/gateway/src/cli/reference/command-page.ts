import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { createProgram } from '../program.ts';

/** Columns of the help, independent of the terminal. */
const width = 100;

/** The page about the command: the help of the program and of each command, as printed. */
export function formatCommandPage(): string {
  let text = '';
  const output = { write: (part: string) => void (text += part), colors: false };
  const io: Io = {
    stdout: output,
    stderr: output,
    readStdin: async () => Buffer.alloc(0),
    env: {},
    cwd: '',
    onSignal: () => () => {},
    onReopen: () => () => {},
    onRestart: () => () => {},
    findPrimary: () => Promise.resolve(undefined),
    openFork: () => Promise.reject(new Error('no command is run here')),
    openSink: () => Promise.reject(new TypeError('help writes no log')),
    exit() {},
  };
  const program = createProgram(io, async () => {});
  const helpOf = (command: Command): string => {
    text = '';
    command.configureOutput({ getOutHelpWidth: () => width }).outputHelp();
    return text.trim();
  };
  const sections = [program, ...program.commands].map((command) => {
    const title = command === program ? 'grantgate' : `grantgate ${command.name()}`;
    return `## ${title}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\`\n`;
  });
  return `# Command\n\n${sections.join('\n')}`;
}
