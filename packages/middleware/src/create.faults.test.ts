import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { createFakeClock, skipWaitsBelow } from '../../testkit/src/fake-clock.ts';
import { createAuthenticator } from './create.ts';
import type { ClientCredentialsInput } from './options/schema.ts';
import { findClosedPort, json, pour, startScriptedServer } from '../../testkit/src/scripted-server.ts';
import { unsignedJwt } from './token/token-endpoint.testkit.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

type Respond = (response: ServerResponse) => void;
const secret = 'tell-tale-secret';
const basic = `Basic ${Buffer.from(`app:${secret}`).toString('base64')}`;
const own = { clientID: 'app', clientSecret: secret };

function create(options: ClientCredentialsInput) {
  const clock = createFakeClock();
  // Waits between attempts are skipped; time-outs are not, because they are longer.
  const clientConfig = { timeoutSeconds: 20, ...options.clientConfig };
  const authenticator = createAuthenticator(
    { ...options, clientConfig },
    { clock: skipWaitsBelow(12_001, clock) },
  );
  open.push(authenticator);
  const decide = async (authorization: string | undefined = basic) => {
    const decision = await authenticator.decide({ authorization });
    if (decision.allowed) return 'allowed';
    // The reason is for operators only.
    expect(JSON.stringify({ ...decision, reason: undefined })).not.toContain('tell-tale');
    const { status, code, retryAfterSeconds, challenge } = decision;
    return [status, code, retryAfterSeconds, challenge !== undefined];
  };
  return { clock, authenticator, decide };
}

const error =
  (status: number, code: string | undefined, headers: Record<string, string> = {}): Respond =>
  (response) =>
    json(response, status, { error: code, error_description: 'tell-tale' }, headers);
const grant =
  (fields: Record<string, unknown>): Respond =>
  (response) =>
    json(response, 200, { access_token: 'tell-tale', token_type: 'Bearer', expires_in: 60, ...fields });
const unavailable = (retryAfterSeconds: number): unknown[] => [
  503,
  'authorization_server_unavailable',
  retryAfterSeconds,
  false,
];
const invalid = [502, 'token_response_invalid', undefined, false];
const rejected = [502, 'token_request_rejected', undefined, false];
const refused = [401, 'credentials_refused', undefined, true];
const gatewayRefused = [502, 'gateway_credentials_refused', undefined, false];

// Behaviour of the server; result for a caller at application level; at gateway level, when that differs; attempts.
const table: [string, Respond, unknown, unknown?, number?][] = [
  ['gives a token', grant({}), 'allowed'],
  ['gives a token without lifetime', grant({ expires_in: undefined }), 'allowed'],
  ['gives a lifetime as string', grant({ expires_in: '60' }), 'allowed'],
  ['says token_type: bearer', grant({ token_type: 'bearer' }), 'allowed'],
  ['says token_type: mac', grant({ token_type: 'mac' }), invalid],
  ['gives no token', grant({ access_token: undefined }), invalid],
  ['answers HTML', (response) => void response.writeHead(200).end('<p>tell-tale'), invalid],
  ['answers 204', (response) => void response.writeHead(204).end(), invalid],
  ['redirects', (response) => void response.writeHead(302, { location: '/tell-tale' }).end(), invalid],
  ['answers without end', (response) => pour(response, 'tell-tale'.repeat(8000)), invalid],
  ['answers 500', error(500, undefined), unavailable(5), undefined, 4],
  [
    'answers 503 with Retry-After in seconds',
    error(503, undefined, { 'retry-after': '77' }),
    unavailable(77),
  ],
  ['answers 429', error(429, undefined), unavailable(1), undefined, 4],
  [
    'answers 429 with Retry-After in seconds',
    error(429, 'slow_down', { 'retry-after': '30' }),
    unavailable(30),
  ],
  [
    'answers 429 with Retry-After as a date',
    error(429, undefined, { 'retry-after': 'Thu, 01 Jan 2026 00:02:00 GMT' }),
    unavailable(120),
  ],
  ['answers 408', error(408, undefined), unavailable(5), undefined, 4],
  ['answers 403 without a code of OAuth', error(403, undefined), unavailable(5), undefined, 4],
  ['resets the connection', (response) => response.socket?.resetAndDestroy(), unavailable(5), undefined, 4],
  ['says invalid_client', error(401, 'invalid_client'), refused, gatewayRefused, 2],
  ['says invalid_client with 400', error(400, 'invalid_client'), refused, gatewayRefused, 2],
  ['says unauthorized_client', error(400, 'unauthorized_client'), refused, gatewayRefused],
  ['answers 401 without a code', error(401, undefined), refused, gatewayRefused, 2],
  ['says invalid_scope', error(400, 'invalid_scope'), rejected],
  ['says invalid_request', error(400, 'invalid_request'), rejected, undefined, 2],
  ['says unsupported_grant_type', error(400, 'unsupported_grant_type'), rejected],
  ['says access_denied', error(403, 'access_denied'), rejected],
];

describe('a server that', () => {
  it.each(table)(
    '%s causes the refusal in the table',
    async (_, respond, application, gateway, attempts = 1) => {
      for (const [level, expected] of [
        [{}, application],
        [own, gateway ?? application],
      ] as const) {
        const server = await startScriptedServer(respond);
        open.push(server);
        const { decide } = create({ url: server.url, ...level });
        expect(await decide()).toEqual(expected);
        expect(server.requests).toHaveLength(attempts);
      }
    },
  );

  it('does not exist causes 503', async () => {
    const { decide } = create({ url: `http://127.0.0.1:${await findClosedPort()}/token` });
    expect(await decide()).toEqual(unavailable(5));
  });

  it.each([
    [{ timeoutSeconds: 20, maxRetries: 0 }, 20],
    [{ timeoutSeconds: 13, maxRetries: 2 }, 39],
    [{ timeoutSeconds: 100, maxRetries: 0 }, 100],
  ])('does not respond causes 504 within the time of %j', async (clientConfig, seconds) => {
    const server = await startScriptedServer(() => {});
    const { decide, clock } = create({ url: server.url, clientConfig });
    open.push(server);
    let settled = false;
    const decision = decide().finally(() => (settled = true));
    for (let attempt = 1; attempt <= clientConfig.maxRetries + 1; attempt += 1) {
      await server.received(attempt);
      await clock.advance(clientConfig.timeoutSeconds * 1000 - 1);
      expect(settled).toBe(false);
      await clock.advance(1);
    }
    expect(await decision).toEqual([504, 'authorization_server_timeout', undefined, false]);
    // Back-off between attempts is below 100 ms and 200 ms.
    expect(clock.monotonic()).toBeGreaterThanOrEqual(seconds * 1000);
    expect(clock.monotonic()).toBeLessThan(seconds * 1000 + 300);
  });

  it('issues an opaque token suffices without claims, but not with them', async () => {
    const server = await startScriptedServer(grant({ access_token: 'opaque' }));
    open.push(server);
    const headers = { forwardHeaders: { Group: 'grp' }, usernameClaim: 'sub' };
    const without = create({ url: server.url, ...headers }).authenticator;
    expect(await without.decide({ authorization: basic })).toMatchObject({
      allowed: true,
      setHeaders: ['authorization', 'Bearer opaque', 'Group', ''],
      subject: { username: undefined },
    });
    const { decide } = create({ url: server.url, ...headers, claims: '!Equals(`grp`, `x`)' });
    expect(await decide()).toEqual([502, 'token_opaque', undefined, false]);
  });

  it('puts a control character into a forwarded claim causes 502, never a header', async () => {
    const server = await startScriptedServer(
      grant({ access_token: unsignedJwt({ grp: 'a\r\nX-Admin: 1' }) }),
    );
    open.push(server);
    const { decide } = create({ url: server.url, forwardHeaders: { Group: 'grp' } });
    expect(await decide()).toEqual(invalid);
  });

  it.each([
    ['arrays', '['.repeat(3500), ']'.repeat(3500)],
    ['objects', '{"a":'.repeat(3500), '}'.repeat(3500)],
    ['more arrays', '['.repeat(50_000), ']'.repeat(50_000)],
  ])('nests %s in a claim at any depth does not break the decision', async (_, start, end) => {
    const payload = Buffer.from(`{"grp":${start}${end.startsWith('}') ? '1' : ''}${end}}`).toString(
      'base64url',
    );
    const server = await startScriptedServer(grant({ access_token: `e30.${payload}.` }));
    open.push(server);
    const options = { url: server.url, forwardHeaders: { Group: 'grp' } };
    expect(await create(options).decide()).toBe('allowed');
    for (const claims of ['Contains(`grp`, `x`)', '!Contains(`grp`, `x`)'])
      expect(await create({ ...options, claims }).decide()).toEqual([502, 'token_opaque', undefined, false]);
  });
});
