import { expect, it } from 'vitest';
import type { LocalServer } from './local-server.ts';
import { findFreePort, openLocalServer } from './local-server.ts';

it('listens on a free port when the preferred one is in use', async () => {
  const opened: LocalServer[] = [await openLocalServer(0)];
  const taken = opened[0]!.port;
  opened.push(await openLocalServer(taken));
  expect(opened[1]!.port).not.toBe(taken);
  expect(opened[1]!.url).toBe(`http://127.0.0.1:${opened[1]!.port}`);
  expect(await findFreePort(taken)).not.toBe(taken);
  for (const server of opened) await server.close();
});
