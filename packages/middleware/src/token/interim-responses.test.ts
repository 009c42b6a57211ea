import { describe, expect, it } from 'vitest';
import { startRawServer } from '../../../testkit/src/scripted-server.ts';
import { connectTo } from './token-endpoint.testkit.ts';

const granted = (token: string): string => {
  const body = JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 60 });
  return `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
};
const interim = {
  continue: 'HTTP/1.1 100 Continue\r\n\r\n',
  processing: 'HTTP/1.1 102 Processing\r\n\r\n',
  hints: 'HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n',
};

/** A server that sends its parts in turn for each request, each in a separate packet. */
function serve(partsOf: (count: number) => readonly string[]) {
  let count = 0;
  return startRawServer((socket) => {
    socket.setNoDelay(true);
    socket.on('data', (data) => {
      if (!data.toString('latin1').includes('grant_type')) return;
      count += 1;
      const parts = partsOf(count);
      const send = (at: number): void => {
        const part = parts[at];
        if (part !== undefined) socket.write(part, 'latin1', () => setImmediate(send, at + 1));
      };
      send(0);
    });
  });
}

describe('a token endpoint that sends unsolicited interim responses', () => {
  it.each([
    ['100 Continue', [interim.continue]],
    ['102 Processing', [interim.processing]],
    ['103 Early Hints', [interim.hints]],
    ['several of them', [interim.continue, interim.hints, interim.continue, interim.processing]],
    ['several in one packet', [interim.continue + interim.continue + interim.hints]],
    ['one that comes byte by byte', Array.from(interim.continue)],
    ['100 without a reason', ['HTTP/1.1 100 \r\nServer: a\r\n\r\n']],
  ])('yields a token after %s, and another one for the next client', async (_case, parts) => {
    const server = await serve((count) => [...parts, granted(`token-${count}`)]);
    const endpoint = connectTo(server.url);
    expect(await endpoint.obtain('a')).toMatchObject({ value: 'token-1' });
    expect(await endpoint.obtain('b')).toMatchObject({ value: 'token-2' });
    await endpoint.close();
    await server.close();
  });

  it('yields a token when the response follows in the same packet', async () => {
    const server = await serve((count) => [interim.continue + granted(`token-${count}`)]);
    const endpoint = connectTo(server.url);
    expect(await endpoint.obtain('a')).toMatchObject({ value: 'token-1' });
    await endpoint.close();
    await server.close();
  });

  it.each([
    ['without end', interim.continue.repeat(1000)],
    ['with a head without end', `HTTP/1.1 100 Continue\r\nA: ${'a'.repeat(100_000)}`],
  ])('is abandoned when it sends them %s', async (_case, flood) => {
    const server = await serve(() => [flood]);
    const endpoint = connectTo(server.url);
    expect(await endpoint.obtain('a')).toMatchObject({
      reason: 'unavailable',
      detail: 'cannot reach the token endpoint: too many interim responses',
    });
    await endpoint.close();
    await server.close();
  });

  it.each([
    ['an upgrade', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: a\r\n\r\n'],
    ['another protocol', 'SSH-2.0-OpenSSH\r\n'],
    ['an end after 100 Continue', interim.continue],
  ])('yields no token after %s', async (_case, bytes) => {
    const server = await startRawServer((socket) => socket.once('data', () => socket.end(bytes)));
    const endpoint = connectTo(server.url);
    expect(await endpoint.obtain('a')).toMatchObject({ reason: 'unavailable' });
    await endpoint.close();
    await server.close();
  });
});
