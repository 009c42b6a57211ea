import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/**
 * Bytes that one more credential takes until its token expires. The token itself takes 811 of them, once; the rest is the header
 * that the caller sends, the client ID and secret, the key, the forwarded headers, and the tables for look-ups.
 */
const budget = 2_100;
/** The number is so large that other changes of the engine's memory are below ten bytes for each. */
const credentials = 20_000;
/** Memory of optimising compilers is not counted, because the time of their use varies. */
const flags = ['--expose-gc', '--no-opt', '--no-maglev', '--single-threaded'];

it('each further token in memory, with its verdict, takes a bounded number of bytes (result of `make build`)', async () => {
  const program = fileURLToPath(new URL('../../bench/micro/credentials.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, program, String(credentials)], {
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const { bytes } = JSON.parse(stdout) as { bytes: number };
  expect(bytes / credentials).toBeGreaterThan(1_000);
  expect(bytes / credentials).toBeLessThan(budget);
});
