import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { decodeJwtPayload } from '../base/jwt.ts';
import type { Script } from '../../../testkit/src/scripted-server.ts';
import { findClosedPort, json, pour, startScriptedServer } from '../../../testkit/src/scripted-server.ts';
import { startAuthorizationServer } from '../../../testkit/src/authorization-server.ts';
import { connectTo, unsignedJwt } from './token-endpoint.testkit.ts';
import type { TokenEndpointOptions } from './endpoint.ts';
import { describeForOperators } from './failure.ts';
import type { TokenFailure } from './failure.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const grant = { access_token: 'opaque', token_type: 'Bearer', expires_in: 60 };
const ok = (response: ServerResponse): void => json(response, 200, grant);

const send =
  (status: number, body: string | Buffer, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void =>
    void response.writeHead(status, headers).end(body);

async function ask(script: Script, options: Partial<TokenEndpointOptions> = {}) {
  const server = await startScriptedServer(...script);
  const client = connectTo(server.url, options);
  open.push(client, server);
  return { ...client, server, outcome: await client.obtain() };
}

describe('a token request', () => {
  it('is a form-encoded POST with the grant type, and nothing that was not configured', async () => {
    const { server } = await ask([ok]);
    expect(server.requests).toHaveLength(1);
    const [request] = server.requests;
    expect(request).toMatchObject({ method: 'POST', url: '/token' });
    expect([...request!.body]).toEqual([['grant_type', 'client_credentials']]);
    expect(request!.headers).toMatchObject({
      'content-type': expect.stringContaining('application/x-www-form-urlencoded') as string,
      accept: 'application/json',
      authorization: `Basic ${Buffer.from('app:app-secret').toString('base64')}`,
    });
  });

  it('contains the audience when one is configured', async () => {
    const { server } = await ask([ok], { audience: 'https://api.example.com/?a=b&c=d' });
    expect(server.requests[0]!.body.get('audience')).toBe('https://api.example.com/?a=b&c=d');
  });

  it('keeps the query of the token endpoint (RFC 6749 section 3.2)', async () => {
    const server = await startScriptedServer(ok);
    const client = connectTo(`${server.url}?p=1`);
    open.push(client, server);
    await client.obtain();
    expect(server.requests[0]!.url).toBe('/token?p=1');
  });

  it('encodes ID and secret before they are joined by a colon', async () => {
    const server = await startScriptedServer(ok);
    const client = connectTo(server.url);
    open.push(client, server);
    await client.obtain('a:b c', 'p%w+d');
    expect(server.requests[0]!.headers.authorization).toBe(
      `Basic ${Buffer.from('a%3Ab%20c:p%25w%2Bd').toString('base64')}`,
    );
  });

  it('is understood by a certified server with any characters in ID and secret', async () => {
    const clientId = "id !'()*~:%";
    const clientSecret = 'se:c ret+/=%';
    const server = await startAuthorizationServer({
      clients: [{ clientId, clientSecret, claims: { grp: 'admin' } }],
      accepts: ['client_secret_basic'],
    });
    const client = connectTo(server.url, { audience: 'https://api.example.com/x' });
    open.push(client, server);
    const outcome = await client.obtain(clientId, clientSecret);
    if (outcome.kind !== 'token') throw new Error(outcome.detail);
    expect(JSON.parse(decodeJwtPayload(outcome.value)!)).toMatchObject({
      aud: 'https://api.example.com/x',
      grp: 'admin',
    });
    expect(outcome.expiresAtMs! - outcome.obtainedAtMs).toBe(3600_000);
  });
});

describe('a response with a token', () => {
  // A clock that differs from the local one: only the header shows its time.
  const serverNow = 1_000_000;
  const date = new Date(serverNow * 1000).toUTCString();
  const jwt = unsignedJwt({ exp: serverNow + 300, iat: serverNow });
  const old = unsignedJwt({ exp: serverNow + 600, iat: serverNow - 3000 });
  const success: [string, Record<string, unknown>, number | undefined][] = [
    ['with token_type Bearer', { token_type: 'Bearer', expires_in: 60 }, 60],
    ['with token_type bearer', { token_type: 'bearer', expires_in: 60 }, 60],
    ['with token_type BEARER', { token_type: 'BEARER', expires_in: 60 }, 60],
    ['with a lifetime as string', { expires_in: '60' }, 60],
    ['with a fraction of a second', { expires_in: 60.5 }, 60.5],
    ['without lifetime', {}, undefined],
    ['with a lifetime of null', { expires_in: null }, undefined],
    ['with a lifetime that is not a number', { expires_in: 'soon' }, undefined],
    ['with a lifetime of 0, over at once', { expires_in: 0 }, 0],
    ['with a negative lifetime, over at once', { expires_in: -1 }, -1],
    ['whose JWT lives shorter than expires_in', { access_token: jwt, expires_in: 3600 }, 300],
    ['whose JWT lives longer than expires_in', { access_token: jwt, expires_in: 60 }, 60],
    ['whose JWT alone says how long it lives', { access_token: jwt }, 300],
    ['that was issued 3000 s ago', { access_token: old, expires_in: 3600 }, 600],
    ['that was issued 3000 s ago, without expires_in', { access_token: old }, 600],
    ['that has expired already', { access_token: unsignedJwt({ exp: serverNow - 1 }), expires_in: 60 }, -1],
    ['whose exp is a fraction', { access_token: unsignedJwt({ exp: serverNow + 60.5 }) }, 60.5],
    ['with an absurd lifetime', { expires_in: 1e12 }, 365 * 24 * 3600],
    [
      'with scope, refresh token and ID token',
      { scope: 1, refresh_token: 2, id_token: 'x', expires_in: 9 },
      9,
    ],
  ];
  it.each(success)('%s is accepted', async (_, fields, seconds) => {
    const { outcome } = await ask([
      (response) => json(response, 200, { ...grant, expires_in: undefined, ...fields }, { date }),
    ]);
    if (outcome.kind !== 'token') throw new Error(outcome.detail);
    expect(outcome.expiresAtMs).toBe(
      seconds === undefined ? undefined : outcome.obtainedAtMs + seconds * 1000,
    );
  });

  it.each([200, 201, 202, 203])('is accepted with status %i', async (status) => {
    const { outcome } = await ask([(response) => json(response, status, grant)]);
    expect(outcome).toMatchObject({ kind: 'token' });
  });

  it.each<[string, Record<string, unknown>, string[]]>([
    ['BearerToken', { token_type: 'BearerToken' }, ['bearertoken']],
    ['N_A', { token_type: 'N_A' }, ['jwt', 'n_a']],
    ['no token_type', { token_type: undefined }, ['']],
    ['a token_type of null', { token_type: null }, ['']],
    ['an empty token_type', { token_type: '' }, ['']],
  ])('is accepted with %s when acceptedTokenTypes lists that', async (_, fields, types) => {
    const respond = (response: ServerResponse): void => json(response, 200, { ...grant, ...fields });
    const rules = { acceptedTokenTypes: new Set(types), tokenLifetimeMs: undefined };
    expect((await ask([respond], { rules })).outcome).toMatchObject({ kind: 'token' });
    expect((await ask([respond])).outcome).toMatchObject({ reason: 'response_invalid' });
  });

  it.each<[string, Record<string, unknown>, number | undefined]>([
    ['without a lifetime', { expires_in: undefined }, 7200],
    ['with a lifetime that cannot be read', { expires_in: 'soon' }, 7200],
    ['with a lifetime', {}, 60],
    ['with a lifetime of 0', { expires_in: 0 }, 0],
  ])('%s lasts as long as tokenLifetime only when nothing else limits it', async (_, fields, seconds) => {
    const rules = { acceptedTokenTypes: new Set<string>(), tokenLifetimeMs: 7200_000 };
    const { outcome } = await ask([(response) => json(response, 200, { ...grant, ...fields })], { rules });
    if (outcome.kind !== 'token') throw new Error(outcome.detail);
    expect(outcome.expiresAtMs! - outcome.obtainedAtMs).toBe(seconds! * 1000);
  });

  it.each<[string, Buffer, Record<string, string>]>([
    ['that begins with a byte order mark', Buffer.from(`\ufeff${JSON.stringify(grant)}`), {}],
    ['compressed with br', brotliCompressSync(JSON.stringify(grant)), { 'content-encoding': 'br' }],
    ['compressed with deflate', deflateSync(JSON.stringify(grant)), { 'content-encoding': 'Deflate' }],
    ['in raw deflate', deflateRawSync(JSON.stringify(grant)), { 'content-encoding': 'deflate' }],
    ['without Content-Type', Buffer.from(JSON.stringify(grant)), {}],
  ])('is read %s', async (_, body, headers) => {
    const { outcome } = await ask([(response) => void response.writeHead(200, headers).end(body)]);
    expect(outcome).toMatchObject({ kind: 'token', value: 'opaque' });
  });

  it('is opaque unless it is a JWT', async () => {
    const opaque = await ask([ok]);
    expect(opaque.outcome).toMatchObject({ value: 'opaque' });
    const readable = await ask([(response) => json(response, 200, { ...grant, access_token: jwt })]);
    expect(readable.outcome).toMatchObject({ value: jwt });
  });

  it('is read with any Content-Type, and with unrequested compression', async () => {
    const plain = await ask([(response) => json(response, 200, grant, { 'content-type': 'text/plain' })]);
    expect(plain.outcome).toMatchObject({ kind: 'token' });
    const packed = await ask([
      (response) =>
        void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(JSON.stringify(grant))),
    ]);
    expect(packed.outcome).toMatchObject({ kind: 'token' });
  });

  it('counts its lifetime from the request, not from the response', async () => {
    let answer = (): void => {};
    const server = await startScriptedServer((response) => void (answer = () => ok(response)));
    const client = connectTo(server.url);
    open.push(client, server);
    const pending = client.obtain();
    await server.received(1);
    await client.clock.advance(7_000);
    answer();
    expect(await pending).toMatchObject({ obtainedAtMs: 0, expiresAtMs: 60_000 });
  });
});

describe('a response that RFC 6749 does not allow', () => {
  const invalid: [string, (response: ServerResponse) => void][] = [
    ['no access_token', (response) => json(response, 200, { token_type: 'Bearer' })],
    ['an empty access_token', (response) => json(response, 200, { ...grant, access_token: '' })],
    [
      'an access_token that is not a string',
      (response) => json(response, 200, { ...grant, access_token: 1 }),
    ],
    [
      'an access_token that would split a header',
      (response) => json(response, 200, { ...grant, access_token: 'a\r\nb: c' }),
    ],
    ['an access_token with a space', (response) => json(response, 200, { ...grant, access_token: 'a b' })],
    ['an access_token outside ASCII', (response) => json(response, 200, { ...grant, access_token: 'é' })],
    ['no token_type', (response) => json(response, 200, { access_token: 'x' })],
    ['token_type mac', (response) => json(response, 200, { ...grant, token_type: 'mac' })],
    ['token_type DPoP', (response) => json(response, 200, { ...grant, token_type: 'DPoP' })],
    ['HTML', send(200, '<html><p>Log in</p></html>', { 'content-type': 'text/html' })],
    ['an empty body', send(200, '')],
    ['a JSON array', send(200, '[]')],
    ['JSON null', send(200, 'null')],
    ['bytes that are not UTF-8', send(200, Buffer.of(0xff, 0xfe))],
    ['204', send(204, '')],
    ['206', send(206, JSON.stringify(grant))],
    ['a token inside another object', (response) => json(response, 200, { data: grant })],
    ['302', send(302, '', { location: '/elsewhere' })],
    ['307', send(307, '', { location: '/elsewhere' })],
    ['a broken gzip', send(200, 'not gzip', { 'content-encoding': 'gzip' })],
    ['an unknown content encoding', send(200, 'x', { 'content-encoding': 'zap' })],
    [
      'a gzip that unpacks to more than 1 MiB',
      send(200, gzipSync(Buffer.alloc(1024 * 1024 + 1, 0x20)), { 'content-encoding': 'gzip' }),
    ],
    ['one byte more than 1 MiB', send(200, JSON.stringify(grant).padEnd(1024 * 1024 + 1))],
    ['status 999', send(999, '')],
  ];
  it.each(invalid)('is refused at once: %s', async (_, respond) => {
    const { outcome, server } = await ask([respond], { maxRetries: 3 });
    expect(outcome).toMatchObject({ kind: 'failure', reason: 'response_invalid' });
    expect(server.requests).toHaveLength(1);
  });

  it.each<[string, (response: ServerResponse) => void, string]>([
    ['nothing', send(200, ' '), 'the body is empty'],
    ['HTML', send(200, '<!doctype html><title>Log in</title>'), 'the body is HTML or XML, not JSON'],
    ['text', send(200, 'access_token=x'), 'the body is not JSON'],
    ['an array', send(200, '[]'), 'the body is JSON, but not an object'],
    ['no token', send(200, '{"token_type":"Bearer"}'), 'access_token is missing'],
    ['a number', send(200, '{"access_token":1}'), 'access_token is not a string'],
    ['an empty token', send(200, '{"access_token":""}'), 'access_token is empty'],
    [
      'a space',
      send(200, '{"access_token":"a b","token_type":"Bearer"}'),
      'access_token has characters that no header can carry',
    ],
    [
      'no type',
      send(200, '{"access_token":"a"}'),
      'token_type is missing: to accept that, list "" in acceptedTokenTypes',
    ],
    [
      'another type',
      send(200, '{"access_token":"a","token_type":"BearerToken"}'),
      'token_type is "BearerToken", expected "Bearer": if it is a bearer token, list "BearerToken" in acceptedTokenTypes',
    ],
  ])('reports the fault of %s to operators only', async (_, respond, problem) => {
    const { outcome } = await ask([respond]);
    const detail = 'the token endpoint responded with 200 without a Bearer token (RFC 6749 section 5.1)';
    expect(outcome).toMatchObject({ detail, response: { problem } });
    expect(describeForOperators(outcome as TokenFailure)).toBe(`${detail}: ${problem}`);
  });

  it('is not cut short at exactly 1 MiB', async () => {
    const { outcome } = await ask([send(200, JSON.stringify(grant).padEnd(1024 * 1024))]);
    expect(outcome).toMatchObject({ kind: 'token' });
  });

  it('is abandoned after 1 MiB when it never ends, and its connection is closed', async () => {
    let ended = false;
    const { outcome } = await ask([
      (response) => {
        response.writeHead(200);
        response.on('close', () => (ended = true));
        pour(response, ' '.repeat(64 * 1024));
      },
    ]);
    expect(outcome).toMatchObject({
      reason: 'response_invalid',
      detail: expect.stringContaining('1048576') as string,
    });
    await expect.poll(() => ended).toBe(true);
  });
});

describe('a failed attempt', () => {
  const retried: [string, (response: ServerResponse) => void][] = [
    ...[500, 502, 503, 504, 599, 429, 408].map((status): [string, (response: ServerResponse) => void] => [
      String(status),
      (response) => json(response, status, { error: 'server_error' }),
    ]),
    ['403 of a firewall', (response) => void response.writeHead(403).end('<html>blocked</html>')],
    ['404 without a code of OAuth', (response) => json(response, 404, { message: 'no route' })],
    ['400 in plain text', (response) => void response.writeHead(400).end('blocked')],
    ['400 with an error that is not a string', (response) => json(response, 400, { error: { code: 1 } })],
    ['400 slow_down', (response) => json(response, 400, { error: 'slow_down' })],
    ['200 temporarily_unavailable', (response) => json(response, 200, { error: 'temporarily_unavailable' })],
    ['the error page of a framework', (response) => json(response, 500, { error: 'Internal Server Error' })],
    ['429 too_many_requests', (response) => json(response, 429, { error: 'too_many_requests' })],
    ['503 in a broken encoding', send(503, 'not gzip', { 'content-encoding': 'gzip' })],
    ['502 with a page of more than 1 MiB', send(502, 'x'.repeat(1024 * 1024 + 1))],
    ['a reset connection', (response) => void response.socket?.resetAndDestroy()],
    [
      'an answer that breaks off',
      (response) => (
        response.writeHead(200, { 'content-length': 100 }),
        response.write('{'),
        void setImmediate(() => response.destroy())
      ),
    ],
  ];
  it.each(retried)('is repeated after %s', async (_, respond) => {
    const { outcome, server } = await ask([respond, respond, ok], { maxRetries: 2 });
    expect(outcome).toMatchObject({ kind: 'token' });
    expect(server.requests).toHaveLength(3);
  });

  it.each([0, 1, 2, 5])('is repeated %i times with that maxRetries', async (maxRetries) => {
    const { outcome, server } = await ask([(response) => json(response, 500, {})], { maxRetries });
    expect(outcome).toMatchObject({ reason: 'unavailable', detail: 'the token endpoint responded with 500' });
    expect(server.requests).toHaveLength(maxRetries + 1);
  });

  it('is repeated after exponential back-off with full jitter', async () => {
    const { waits } = await ask([(response) => json(response, 500, {})], { maxRetries: 7 });
    expect(waits).toEqual([50, 100, 200, 400, 800, 1000, 1000]);
  });

  it('waits for Retry-After, in seconds or as a date', async () => {
    const seconds = await ask([(response) => json(response, 503, {}, { 'retry-after': '7' }), ok], {
      maxRetries: 1,
    });
    expect(seconds).toMatchObject({ outcome: { kind: 'token' }, waits: [7_050] });
    const date = new Date(Date.UTC(2026, 0, 1, 0, 0, 9)).toUTCString();
    const dated = await ask([(response) => json(response, 429, {}, { 'retry-after': date }), ok], {
      maxRetries: 1,
    });
    expect(dated).toMatchObject({ outcome: { kind: 'token' }, waits: [9_050] });
  });

  it('is not repeated when a caller would wait for more than ten seconds', async () => {
    const { outcome, server } = await ask([(response) => json(response, 429, {}, { 'retry-after': '11' })], {
      maxRetries: 3,
    });
    expect(outcome).toMatchObject({ reason: 'unavailable', retryAfterSeconds: 11 });
    expect(server.requests).toHaveLength(1);
  });

  const final: [string, number, string, string | undefined][] = [
    ['invalid_client', 401, 'credentials_refused', 'invalid_client'],
    ['invalid_client', 400, 'credentials_refused', 'invalid_client'],
    ['unauthorized_client', 400, 'credentials_refused', 'unauthorized_client'],
    ['nothing we know', 401, 'credentials_refused', undefined],
    ['access_denied', 401, 'credentials_refused', 'access_denied'],
    ['invalid_client', 200, 'credentials_refused', 'invalid_client'],
    ['invalid_client', 500, 'credentials_refused', 'invalid_client'],
    ['invalid_client_id', 400, 'credentials_refused', undefined],
    ['inactive_org', 400, 'credentials_refused', undefined],
    ['incorrect_client_credentials', 200, 'credentials_refused', undefined],
    ['invalid_scope', 200, 'request_rejected', 'invalid_scope'],
    ['invalid_scope', 401, 'request_rejected', 'invalid_scope'],
    ['invalid_scope', 503, 'request_rejected', 'invalid_scope'],
    ['waf_blocked', 400, 'request_rejected', undefined],
    ['nothing we know', 200, 'request_rejected', undefined],
    ['invalid_request', 400, 'request_rejected', 'invalid_request'],
    ['invalid_grant', 400, 'request_rejected', 'invalid_grant'],
    ['unsupported_grant_type', 400, 'request_rejected', 'unsupported_grant_type'],
    ['invalid_scope', 400, 'request_rejected', 'invalid_scope'],
    ['invalid_target', 400, 'request_rejected', 'invalid_target'],
    ['access_denied', 403, 'request_rejected', 'access_denied'],
  ];
  it.each(final)('is final with %s and %i', async (error, status, reason, oauthError) => {
    const { outcome, waits } = await ask(
      [
        (response) =>
          json(
            response,
            status,
            { error, error_description: 'tell-tale' },
            { 'www-authenticate': 'Basic realm="tell-tale"' },
          ),
      ],
      { maxRetries: 3 },
    );
    expect(outcome).toMatchObject({ kind: 'failure', reason, oauthError });
    expect(waits).toEqual([]);
    const { response, ...forCallers } = outcome as TokenFailure;
    expect(response).toEqual({ status, error, errorDescription: 'tell-tale' });
    expect(JSON.stringify(forCallers)).not.toContain('tell-tale');
  });

  it.each([
    ['AADSTS7000215: Invalid client secret provided.', 'invalid_request', undefined, 'credentials_refused'],
    ['AADSTS7000222: The provided client secret keys are expired.', 'x', undefined, 'credentials_refused'],
    ['no code in the text', 'invalid_request', [7000215], 'credentials_refused'],
    ['AADSTS1002012: The provided scope is not valid.', 'invalid_scope', [1002012], 'request_rejected'],
    ['see AADSTS7000215', 'invalid_scope', undefined, 'request_rejected'],
  ])('reads the codes of Entra ID: %s', async (error_description, error, error_codes, reason) => {
    const { outcome } = await ask([
      (response) => json(response, 400, { error, error_description, error_codes }),
    ]);
    expect(outcome).toMatchObject({ reason, response: { error, errorDescription: error_description } });
  });

  it.each<[string, Record<string, unknown>]>([
    ['Okta', { errorCode: 'invalid_client', errorSummary: "Invalid value for 'client_id'" }],
    ['Apigee', { ErrorCode: 'invalid_client', Error: "Invalid value for 'client_id'" }],
  ])('reads the error format of %s', async (_, body) => {
    const { outcome } = await ask([(response) => json(response, 400, body)]);
    expect(outcome).toMatchObject({
      reason: 'credentials_refused',
      response: { error: 'invalid_client', errorDescription: "Invalid value for 'client_id'" },
    });
  });

  it('is repeated when nothing listens, and the reason is explained', async () => {
    const client = connectTo(`http://127.0.0.1:${await findClosedPort()}/token`, { maxRetries: 2 });
    open.push(client);
    expect(await client.obtain()).toMatchObject({
      reason: 'unavailable',
      detail: 'cannot reach the token endpoint: connection refused',
    });
    expect(client.waits).toEqual([50, 100]);
  });

  it('reports a host without an address', async () => {
    const client = connectTo('http://authorization-server.invalid/token');
    open.push(client);
    expect(await client.obtain()).toMatchObject({ reason: 'unavailable' });
  });
});

describe('timeoutMs', () => {
  const endings: [string, (response: ServerResponse) => void][] = [
    ['that never answers', () => {}],
    [
      'that stops in the middle of the head',
      (response) => void response.socket?.write('HTTP/1.1 200 OK\r\nContent-'),
    ],
    [
      'that stops in the middle of the body',
      (response) => void response.writeHead(200, { 'content-length': 99 }).write('{'),
    ],
  ];
  it.each(endings)('ends each attempt with a server %s', async (_, respond) => {
    const server = await startScriptedServer(respond);
    const client = connectTo(server.url, { timeoutMs: 70_000, maxRetries: 2 });
    open.push(client, server);
    const pending = client.obtain();
    let settled = false;
    void pending.then(() => (settled = true));
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await server.received(attempt);
      await client.clock.advance(69_999);
      expect(settled).toBe(false);
      await client.clock.advance(1);
    }
    expect(await pending).toMatchObject({
      reason: 'timeout',
      detail: 'the token endpoint did not respond within 70 s',
    });
  });

  it('lets a retry succeed', async () => {
    const server = await startScriptedServer(() => {}, ok);
    const client = connectTo(server.url, { timeoutMs: 70_000, maxRetries: 1 });
    open.push(client, server);
    const pending = client.obtain();
    await server.received(1);
    await client.clock.advance(70_000);
    expect(await pending).toMatchObject({ kind: 'token' });
  });
});

describe('close', () => {
  it('waits for requests in flight and refuses later ones', async () => {
    let answer = (): void => {};
    const server = await startScriptedServer((response) => void (answer = () => ok(response)));
    const client = connectTo(server.url);
    open.push(server);
    const pending = client.obtain();
    await server.received(1);
    const closed = client.close();
    expect(await client.obtain()).toMatchObject({ reason: 'unavailable' });
    answer();
    expect(await pending).toMatchObject({ kind: 'token' });
    await closed;
    expect(server.requests).toHaveLength(1);
  });
});
