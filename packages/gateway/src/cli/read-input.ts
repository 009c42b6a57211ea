import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Io } from './io.ts';
import { UsageError } from './usage-error.ts';

/** The text of a file, or of standard input for `-`, without the byte order mark that editors put first. */
export async function readInput(path: string, io: Io): Promise<string> {
  return (await readText(path, io)).replace(/^\uFEFF/, '');
}

async function readText(path: string, io: Io): Promise<string> {
  if (path === '-') return io.readStdin();
  try {
    return await readFile(resolve(io.cwd, path), 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'error';
    throw new UsageError(`${path} cannot be read (${code})`);
  }
}
