import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/**
 * Bytes that one more credential takes for as long as its token lives. The token itself is 811 of them, once; the rest is the header
 * that the caller sends, the client ID and secret, the key, what is forwarded, and the tables that find them.
 */
const budget = 2_200;
const credentials = 2_000;

it('one more token in memory, with its verdict, takes a bounded number of bytes (of what `make build` has built)', async () => {
  const program = fileURLToPath(new URL('../../bench/micro/credentials.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--expose-gc', program, String(credentials)],
    { env: { ...process.env, NODE_OPTIONS: '' } },
  );
  const { bytes } = JSON.parse(stdout) as { bytes: number };
  expect(bytes / credentials).toBeGreaterThan(1_000);
  expect(bytes / credentials).toBeLessThan(budget);
});
