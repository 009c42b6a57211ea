import { afterEach, describe, expect, it } from 'vitest';
import type { AuthorizationServer, AuthorizationServerOptions } from '../authorization-server.testkit.ts';
import { startAuthorizationServer } from '../authorization-server.testkit.ts';
import type { Script, ScriptedServer } from '../scripted-server.testkit.ts';
import { json, startScriptedServer } from '../scripted-server.testkit.ts';
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
async function script(...steps: Script) {
  const server: ScriptedServer = await startScriptedServer(...steps);
  const client = connectTo(server.url);
  open.push(client, server);
  const methods = () =>
    server.requests.map(({ headers }) => (headers.authorization === undefined ? 'post' : 'basic'));
  return { client, methods };
}

describe('the client authentication method', () => {
  it('is client_secret_basic when the server takes it', async () => {
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

  it('is found again when the server changes its mind', async () => {
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

  it('is not doubted when a client that just got a token comes with a wrong secret', async () => {
    const { client, methods } = await serve();
    await client.obtain();
    expect(await client.obtain('app', 'wrong')).toMatchObject({ reason: 'credentials_refused' });
    expect(methods()).toEqual(['client_secret_basic 200', 'client_secret_basic 401']);
  });

  it('is tried the other way at most once a second, however many unknown clients are refused', async () => {
    const { client, methods } = await serve();
    await client.obtain();
    for (let guess = 0; guess < 5; guess += 1) await client.obtain(`guess-${guess}`, 'x');
    expect(methods().filter((line) => line.startsWith('client_secret_post'))).toHaveLength(1);
    await client.clock.advance(1000);
    await client.obtain('guess', 'x');
    expect(methods().filter((line) => line.startsWith('client_secret_post'))).toHaveLength(2);
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

  it('is tried the other way when a server that reads no header misses the client ID', async () => {
    const { client, methods } = await script(
      (response) => json(response, 400, { error: 'invalid_request' }),
      (response) => json(response, 200, grant),
    );
    expect(await client.obtain()).toMatchObject({ kind: 'token' });
    expect(methods()).toEqual(['basic', 'post']);
  });

  it.each([
    ['unauthorized_client', 401],
    ['invalid_scope', 400],
    ['unsupported_grant_type', 400],
  ])('is not the cause of %s', async (error, status) => {
    const { client, methods } = await script((response) => json(response, status, { error }));
    expect(await client.obtain()).toMatchObject({ kind: 'failure', oauthError: error });
    expect(methods()).toEqual(['basic']);
  });

  it('says that the credentials were refused when one way is refused and the other not understood', async () => {
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
