import { createLog, type Log } from './log.ts';

/** A log, and its warnings so far. */
export function createCapturedLog(): { readonly log: Log; readonly warnings: () => readonly string[] } {
  const lines: string[] = [];
  const log = createLog({ level: 'warn', format: 'json' }, { write: (line) => void lines.push(line) });
  return { log, warnings: () => lines };
}
