import { describe, expect, it } from 'vitest';
import { bearer, connect, granted, respond, startServer, tokenOf } from './exchange.testkit.ts';

const refuse = (error: string, status = 400, description = 'because') =>
  respond({ error, error_description: description }, status);

describe('a token that is not exchanged', () => {
  it.each([
    'invalid_request',
    'invalid_grant',
    'invalid_target',
    'invalid_token',
    'access_denied',
    'interaction_required',
  ])('is refused with 401 after %s, and for five seconds without another request', async (error) => {
    const server = await startServer(refuse(error));
    const { decide, clock } = connect(server.url, { clientAuthentication: 'client_secret_basic' });
    const refused = await decide('old');
    expect(refused).toMatchObject({
      status: 401,
      code: 'token_invalid',
      challenge:
        'Bearer realm="grantgate", error="invalid_token", error_description="The token is not accepted."',
      reason: `the token endpoint responded with 400 ${error}: because`,
    });
    await clock.advance(4_999);
    expect(await decide('old')).toBe(refused);
    expect(server.requests).toHaveLength(1);
    await clock.advance(1);
    await decide('old');
    expect(server.requests).toHaveLength(2);
  });

  it.each([
    ['invalid_client', 401, 502, 'gateway_credentials_refused'],
    ['unauthorized_client', 400, 502, 'gateway_credentials_refused'],
    ['invalid_scope', 400, 502, 'token_request_rejected'],
    ['unsupported_grant_type', 400, 502, 'token_request_rejected'],
    ['server_error', 500, 503, 'authorization_server_unavailable'],
  ])('is not blamed for %s', async (error, status, expected, code) => {
    const server = await startServer(refuse(error, status));
    expect(await connect(server.url).decide('old')).toMatchObject({
      status: expected,
      code,
      challenge: undefined,
    });
  });

  it('is not blamed for an outage, which does not end the tokens of others', async () => {
    const server = await startServer(respond(granted('new')), respond('down', 503));
    const { decide } = connect(server.url);
    expect(tokenOf(await decide('known'))).toBe('new');
    expect(await decide('other')).toMatchObject({ status: 503, code: 'authorization_server_unavailable' });
    expect(tokenOf(await decide('known'))).toBe('new');
  });

  it('waits no longer than the time limit', async () => {
    const server = await startServer(() => {});
    const { decide, clock } = connect(server.url, { clientConfig: { timeoutSeconds: 100 } });
    const decision = decide('old');
    await server.received(1);
    await clock.advance(100_000);
    expect(await decision).toMatchObject({ status: 504, code: 'authorization_server_timeout' });
  });

  it('reaches no log, even if the server quotes it', async () => {
    const server = await startServer(
      refuse('invalid_grant', 400, 'no token opaque-subject, of gateway-secret'),
    );
    const decision = await connect(server.url).decide('opaque-subject');
    expect(decision).toMatchObject({ code: 'token_invalid' });
    expect(JSON.stringify(decision)).not.toMatch(/opaque-subject|gateway-secret/);
  });
});

describe('the actor token', () => {
  const actor = { audience: 'exchange', scopes: 'act' };
  const ownToken = (token: string) =>
    respond({ access_token: token, token_type: 'Bearer', expires_in: 3600 });

  it('is issued for the credentials of the gateway, and sent with each exchange', async () => {
    const server = await startServer(ownToken('own'), respond(granted('a')), respond(granted('b')));
    const { decide } = connect(server.url, { rfc8693: { actorToken: actor } });
    expect([tokenOf(await decide('one')), tokenOf(await decide('two'))]).toEqual(['a', 'b']);
    const bodies = server.requests.map(({ body }) => Object.fromEntries(body));
    expect(bodies).toMatchObject([
      { grant_type: 'client_credentials', audience: 'exchange', scope: 'act' },
      {
        subject_token: 'one',
        actor_token: 'own',
        actor_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      },
      { subject_token: 'two', actor_token: 'own' },
    ]);
  });

  it('is renewed once when the server may have refused it', async () => {
    const server = await startServer(
      ...[ownToken('own'), refuse('invalid_request'), ownToken('other'), respond(granted('new'))],
      ...[refuse('invalid_grant')],
    );
    const { decide } = connect(server.url, {
      clientAuthentication: 'client_secret_basic',
      rfc8693: { actorToken: {} },
    });
    expect(tokenOf(await decide('one'))).toBe('new');
    expect(await decide('two')).toMatchObject({ code: 'token_invalid' });
    expect(server.requests.map(({ body }) => body.get('actor_token'))).toEqual([
      null,
      'own',
      null,
      'other',
      'other',
    ]);
  });

  it('is not blamed on the caller when it is missing', async () => {
    const server = await startServer(refuse('invalid_grant'));
    const { decide } = connect(server.url, { rfc8693: { actorToken: {} } });
    expect(await decide('one')).toMatchObject({
      status: 502,
      code: 'token_request_rejected',
      detail: 'no token of the gateway to act with: the token endpoint responded with 400 invalid_grant',
    });
    expect(await connect(server.url).decideOn(bearer('one'))).toMatchObject({ code: 'token_invalid' });
  });
});
