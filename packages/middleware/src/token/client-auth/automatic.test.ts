import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type {
  AuthorizationServer,
  AuthorizationServerOptions,
} from '../../../../testkit/src/authorization-server.ts';
import { startAuthorizationServer } from '../../../../testkit/src/authorization-server.ts';
import type { TokenEndpointOptions } from '../endpoint.ts';
import type { Script, ScriptedServer } from '../../../../testkit/src/scripted-server.ts';
import { json, startScriptedServer } from '../../../../testkit/src/scripted-server.ts';
import { connectTo } from '../token-endpoint.testkit.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const clients = ['app', 'other'].map((clientId) => ({ clientId, clientSecret: `${clientId}-secret` }));

async function serve(options: Partial<AuthorizationServerOptions> = {}) {
  const server: AuthorizationServer = await startAuthorizationServer({ clients, ...options });
  const client = connectTo(server.url);
  open.push(client, server);
  const methods = () => server.tokenRequests.map(({ method, status }) => `${method} ${status}`);
  return { server, client, methods };
}

const grant = { access_token: 'opaque', token_type: 'Bearer', expires_in: 60 };
async function script(...given: [Partial<TokenEndpointOptions>, ...Script] | Script) {
  const [first, ...rest] = given;
  const [options, steps] = typeof first === 'function' ? [{}, [first, ...rest]] : [first, rest];
  const server: ScriptedServer = await startScriptedServer(...(steps as Script));
  const client = connectTo(server.url, options);
  open.push(client, server);
  const methods = () =>
    server.requests.map(({ headers }) => (headers.authorization === undefined ? 'post' : 'basic'));
  return { client, methods };
}

describe('the client authentication method', () => {
  it('is client_secret_basic when the server accepts it', async () => {
    const { client, methods } = await serve();
    expect(await client.obtain()).toMatchObject({ kind: 'token' });
    expect(methods()).toEqual(['client_secret_basic 200']);
  });

  it('is client_secret_post when the server refuses the other, from then on for all clients of the endpoint', async () => {
    const { client, methods } = await serve({ accepts: ['client_secret_post'] });
    expect(await client.obtain()).toMatchObject({ kind: 'token' });
    expect(await client.obtain()).toMatchObject({ kind: 'token' });
    expect(await client.obtain('other', 'other-secret')).toMatchObject({ kind: 'token' });
    expect(methods()).toEqual([
      'client_secret_basic 401',
      'client_secret_post 200',
      'client_secret_post 200',
      'client_secret_post 200',
    ]);
  });

  it('is found again when the server changes its method', async () => {
    const { server, client, methods } = await serve();
    await client.obtain();
    server.accept(['client_secret_post']);
    await client.clock.advance(60_000);
    expect(await client.obtain()).toMatchObject({ kind: 'token' });
    expect(methods()).toEqual([
      'client_secret_basic 200',
      'client_secret_basic 401',
      'client_secret_post 200',
    ]);
  });

  it('is not changed when a client that just got a token sends a wrong secret', async () => {
    const { client, methods } = await serve();
    await client.obtain();
    expect(await client.obtain('app', 'wrong')).toMatchObject({ reason: 'credentials_refused' });
    expect(methods()).toEqual(['client_secret_basic 200', 'client_secret_basic 401']);
  });

  it('is found again for a client after a long time, even if others guess its secret meanwhile', async () => {
    const { server, client } = await serve();
    await client.obtain();
    server.accept(['client_secret_post']);
    await client.clock.advance(60_000);
    for (let guess = 0; guess < 5; guess += 1)
      expect(await client.obtain('app', `guess-${guess}`)).toMatchObject({ reason: 'credentials_refused' });
    expect(await client.obtain()).toMatchObject({ kind: 'token' });
  });

  it('is remembered for a client that needs another one than its neighbours', async () => {
    const { client, methods } = await script((response, { headers, body }) => {
      const post = headers.authorization === undefined;
      const wantsPost =
        (body.get('client_id') ?? 'p') === 'p' && (post || headers.authorization === basic('p'));
      if (post === wantsPost) json(response, 200, grant);
      else json(response, 401, { error: 'invalid_client' });
    });
    const basic = (id: string) => `Basic ${Buffer.from(`${id}:s`).toString('base64')}`;
    for (const id of ['b', 'p', 'b', 'p'])
      expect(await client.obtain(id, 's')).toMatchObject({ kind: 'token' });
    expect(methods()).toEqual(['basic', 'basic', 'post', 'basic', 'post']);
  });

  it('is changed when a server that reads no header misses the client ID', async () => {
    const { client, methods } = await script(
      (response) => json(response, 400, { error: 'invalid_request' }),
      (response) => json(response, 200, grant),
    );
    expect(await client.obtain()).toMatchObject({ kind: 'token' });
    expect(methods()).toEqual(['basic', 'post']);
  });

  it.each([
    ['Keycloak 16', 401, { error: 'unauthorized_client' }],
    ['Salesforce', 400, { error: 'invalid_client_id' }],
    ['Okta', 400, { errorCode: 'invalid_client', errorSummary: 'The client is unknown.' }],
    ['Okta, another code', 400, { errorCode: 'E0000021', errorSummary: 'Bad request.' }],
    ['FedEx', 422, { errors: [{ code: 'NOT.AUTHORIZED.ERROR' }] }],
    ['a server in the manner of GitHub', 200, { error: 'invalid_client' }],
    ['Entra ID', 400, { error: 'invalid_request', error_description: 'AADSTS900144: client_id is missing' }],
    ['a code of its own', 400, { error: 'missing_credentials' }],
    ['no body', 401, ''],
  ])('is changed when a client that never had a token is refused as by %s', async (_server, status, body) => {
    const { client, methods } = await script(
      (response) => json(response, status, body),
      (response) => json(response, 200, grant),
    );
    expect(await client.obtain()).toMatchObject({ kind: 'token' });
    expect(methods()).toEqual(['basic', 'post']);
  });

  it('is changed instead of the last retry when the response may come from a firewall', async () => {
    const html = (response: ServerResponse): void =>
      void response.writeHead(403, { 'content-type': 'text/html' }).end('<html>Forbidden</html>');
    const { client, methods } = await script({ maxRetries: 2 }, html, html, (response) =>
      json(response, 200, grant),
    );
    expect(await client.obtain()).toMatchObject({ kind: 'token' });
    expect(methods()).toEqual(['basic', 'basic', 'post']);
  });

  it('is not changed when the other one proves that the client was authenticated', async () => {
    const { client, methods } = await script(
      (response) => json(response, 401, { error: 'invalid_client' }),
      (response) => json(response, 400, { error: 'invalid_scope' }),
    );
    expect(await client.obtain()).toMatchObject({ reason: 'request_rejected', oauthError: 'invalid_scope' });
    expect(methods()).toEqual(['basic', 'post']);
  });

  it('is not refused when the other method could not be tried', async () => {
    const { client } = await script(
      (response) => json(response, 401, { error: 'invalid_client' }),
      (response) => json(response, 503, {}),
    );
    expect(await client.obtain()).toMatchObject({ reason: 'unavailable' });
  });

  it('is not changed for a client that has had a token and may no longer use this grant', async () => {
    const { client, methods } = await script(
      (response) => json(response, 200, grant),
      (response) => json(response, 401, { error: 'unauthorized_client' }),
    );
    await client.obtain();
    await client.clock.advance(60_000);
    expect(await client.obtain()).toMatchObject({ reason: 'credentials_refused' });
    expect(methods()).toEqual(['basic', 'basic']);
  });

  it.each([
    ['access_denied', 403],
    ['unauthorized_client', 400],
    ['invalid_scope', 400],
    ['invalid_target', 400],
    ['unsupported_grant_type', 400],
    ['temporarily_unavailable', 400],
  ])('is not the cause of %s', async (error, status) => {
    const { client, methods } = await script((response) => json(response, status, { error }));
    expect(await client.obtain()).toMatchObject({ kind: 'failure' });
    expect(methods()).toEqual(['basic']);
  });

  it('reports refused credentials when one method is refused and the other not understood', async () => {
    const { client, methods } = await script(
      (response) => json(response, 401, { error: 'invalid_client' }),
      (response) => json(response, 400, { error: 'invalid_request' }),
    );
    expect(await client.obtain()).toMatchObject({
      reason: 'credentials_refused',
      oauthError: 'invalid_client',
    });
    expect(methods()).toEqual(['basic', 'post']);
  });
});

/** A server where `right` may send its secret only in the body, and `basic` only in the header. */
const perClient: Script[number] = (response, { headers, body }) => {
  const [, pair = ''] = (headers.authorization ?? '').split(' ');
  const [basicId = '', basicSecret] = Buffer.from(pair, 'base64').toString().split(':');
  const isBasic = basicId.startsWith('basic') && basicSecret === 'right';
  const isPost = body.get('client_id')?.startsWith('post') === true && body.get('client_secret') === 'right';
  if (isBasic || isPost) json(response, 200, grant);
  else json(response, 401, { error: 'invalid_client' });
};

describe('a valid client among others that guess', () => {
  it.each([
    ['5 times a second, under other client IDs', 200, (guess: number) => `stranger-${guess}`],
    ['5 times a second, under one client ID', 200, () => 'stranger'],
    ["5 times a second, under the right client's ID", 200, () => 'post'],
    ['100 times a second, under other client IDs', 10, (guess: number) => `stranger-${guess}`],
    ["100 times a second, under the right client's ID", 10, () => 'post'],
  ])('gets its token at its first attempt: %s', async (_rate, everyMs, clientIdOf) => {
    const { client } = await script(perClient);
    await client.obtain('basic', 'right');
    const guess = (at: number): Promise<unknown> => client.obtain(clientIdOf(at), `wrong-${at}`);
    const guesses: Promise<unknown>[] = [];
    for (let at = 0; at * everyMs < 2_000; at += 1) {
      guesses.push(guess(at));
      await client.clock.advance(everyMs);
    }
    const right = client.obtain('post', 'right');
    for (let at = 1_000; at < 1_050; at += 1) guesses.push(guess(at));
    expect(await right).toMatchObject({ kind: 'token' });
    for (const outcome of await Promise.all(guesses))
      expect(outcome).toMatchObject({ reason: 'credentials_refused' });
  });

  it('gets its token when twenty such clients arrive at once at an endpoint where another method has worked', async () => {
    const { client } = await script(perClient);
    await client.obtain('basic', 'right');
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, at) => client.obtain(`post-${at}`, 'right')),
    );
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array.from({ length: 20 }, () => 'token'));
  });
});
