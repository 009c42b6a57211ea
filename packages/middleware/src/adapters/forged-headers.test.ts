import { createServer, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { normalizeHeaderName } from '../base/header-name.ts';
import { spellingsOf } from '../../../testkit/src/header-spellings.ts';
import type { Authenticator } from '../create.ts';
import type { Allow } from '../decision/decision.ts';
import { createClientCredentialsMiddleware } from '../application/client-credentials-middleware.ts';
import type { RequestChanges } from '../application/middleware.ts';
import { admit as admitFetch } from './fetch-request.ts';
import { admit } from './node-request.ts';

/** Of each length from 3 to 20: `authorization` has 13 characters, too. */
const ofEachLength = Array.from({ length: 18 }, (_, at) => `X-${'Customeridentifier'.slice(0, at + 1)}`);
const names = [...ofEachLength, 'Group', 'X-Customer-Id', 'x_odd.name'];

/** Name in lower case and value in turn. */
type View = readonly (readonly [string, string])[];

const passOf = (name: string): RequestChanges => {
  const allow: Allow = {
    allowed: true,
    subject: { clientId: 'client', username: undefined, expiresAt: undefined },
    setHeaders: ['authorization', 'Bearer ours', name, 'ours'],
    removeHeaders: new Set(['authorization', normalizeHeaderName(name)]),
  };
  const authenticator: Authenticator = {
    decide: () => allow,
    renew: undefined,
    purge: () => 0,
    close: () => Promise.resolve(),
  };
  return createClientCredentialsMiddleware({ authenticator }).changesOf(allow);
};

describe.each(names)("a caller's headers in every spelling of %s", (name) => {
  const pass = passOf(name);
  const sent = [...spellingsOf(name)].map((spelling) => [spelling, 'forged'] as const);
  const arrivesOnce = (view: View): void => {
    const isSame = ([key]: View[number]): boolean => normalizeHeaderName(key) === normalizeHeaderName(name);
    expect(view.filter(isSame)).toEqual([[name.toLowerCase(), 'ours']]);
    expect(view.filter(([key]) => key === 'accept')).toEqual([['accept', 'text/plain']]);
    expect(view.filter(([key]) => key === 'authorization')).toEqual([['authorization', 'Bearer ours']]);
  };

  it('are absent from a Fetch request', () => {
    const headers = new Headers([['accept', 'text/plain'], ['authorization', 'Basic eDp5'], ...sent] as [
      string,
      string,
    ][]);
    arrivesOnce([...admitFetch(new Request('http://app.example/', { headers }), pass).headers]);
  });

  it("are absent from every view of Node.js's request", async () => {
    const request = await receive([['Accept', 'text/plain'], ['Authorization', 'Basic eDp5'], ...sent]);
    admit(request, pass);
    const { headers, headersDistinct, rawHeaders } = request;
    arrivesOnce(Object.entries(headers) as [string, string][]);
    arrivesOnce(
      Object.entries(headersDistinct).flatMap(([key, values]) =>
        values!.map((value) => [key, value] as const),
      ),
    );
    arrivesOnce(
      rawHeaders.flatMap((key, at) =>
        at % 2 === 0 ? [[key.toLowerCase(), rawHeaders[at + 1]!] as const] : [],
      ),
    );
  });

  it('are absent from a request that has no raw headers', () => {
    const headers: Record<string, string> = { accept: 'text/plain' };
    for (const [key, value] of sent) headers[key.toLowerCase()] = value;
    admit({ headers, rawHeaders: [] }, pass);
    arrivesOnce(Object.entries(headers));
  });
});

describe('a flood of header lines before the credentials', () => {
  it("hides them from an application, which then refuses, and never hides the middleware's headers", async () => {
    const flood = Array.from({ length: 1000 }, () => ['a', ''] as const);
    const request = await receive([...flood, ['Authorization', 'Basic eDp5'], ['X-Group', 'forged']]);
    expect(request.headers.authorization).toBeUndefined();
    admit(request, passOf('X-Group'));
    expect(request.headers).toMatchObject({ authorization: 'Bearer ours', 'x-group': 'ours' });
  });
});

const waiting: ((request: IncomingMessage) => void)[] = [];
const server = createServer({ maxHeaderSize: 1024 * 1024 }, (request, response) => {
  waiting.shift()?.(request);
  response.end();
});
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise((resolve) => server.close(resolve)));

/** The request as Node.js passes it to an application. */
async function receive(headers: View): Promise<IncomingMessage> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const received = new Promise<IncomingMessage>((resolve) => waiting.push(resolve));
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.write(`GET / HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n${lines}\r\n`);
  const [request] = await Promise.all([received, text(socket)]);
  return request;
}
