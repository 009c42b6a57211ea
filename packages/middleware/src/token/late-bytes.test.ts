import { expect, it } from 'vitest';
import { startRawServer } from '../../../testkit/src/scripted-server.ts';
import { connectTo } from './token-endpoint.testkit.ts';

const answer = (token: string): string => {
  const body = JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 60 });
  return `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
};

it.each([
  ['a whole response', answer('late')],
  ['a part of one', 'HTTP/1.1 200 OK\r\n'],
  ['an interim response', 'HTTP/1.1 100 Continue\r\n\r\n'],
  ['anything else', 'late'],
])(
  '%s that arrives late from a token endpoint does not become the token of another client',
  async (_what, late) => {
    let count = 0;
    let ended: () => void = () => {};
    const end = new Promise<void>((resolve) => (ended = resolve));
    const server = await startRawServer((socket) => {
      const connection = (count += 1);
      socket.on('close', () => ended());
      socket.on('data', (part) => {
        if (!part.toString('latin1').includes('grant_type')) return;
        socket.write(answer(`token-${connection}`), 'latin1', () => {
          if (connection === 1) setImmediate(() => socket.write(late, 'latin1'));
        });
      });
    });
    const endpoint = connectTo(server.url);
    expect(await endpoint.obtain('a')).toMatchObject({ value: 'token-1' });
    await end;
    for (const client of ['b', 'c'])
      expect(await endpoint.obtain(client)).toMatchObject({
        value: expect.stringMatching(/^token-[23]$/) as string,
      });
    await endpoint.close();
    await server.close();
  },
);
