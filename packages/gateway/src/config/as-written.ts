import { isMapping } from './path.ts';

/** The path in the letter case of the options. */
export function asWritten(options: unknown, path: readonly string[]): string[] {
  let at = options;
  return path.map((name) => {
    const record: Record<string, unknown> = isMapping(at) ? at : {};
    const written = Object.keys(record).find((key) => key.toLowerCase() === name.toLowerCase()) ?? name;
    at = record[written];
    return written;
  });
}
