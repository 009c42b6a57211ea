import { describe, expect, it, vi } from 'vitest';
import { createFakeClock } from '../../testkit/src/fake-clock.ts';
import type { RenewalEvent } from './cache/renewal-event.ts';
import { createAuthenticator } from './create.ts';
import { createTokenSource } from './outgoing/outgoing.ts';
import { createRenewalListener } from './renewal-listener.ts';
import { json, startScriptedServer } from '../../testkit/src/scripted-server.ts';

const failed = (isFirst: boolean): RenewalEvent => ({
  kind: 'failed',
  clientId: 'app',
  reason: 'credentials_refused',
  detail: 'the token endpoint responded with 401 invalid_client',
  oauthError: 'invalid_client',
  response: { status: 401, error: 'invalid_client', errorDescription: 'the secret has expired' },
  isFirst,
  nextTryInMs: 1_000,
  expiresInMs: 20_000,
});

describe('outcomes of token refreshes', () => {
  it('cause a process warning for the first failure of an outage', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const listen = createRenewalListener(undefined);
    for (const event of [failed(true), failed(false), { kind: 'renewed', clientId: 'app' } as const])
      listen(event);
    expect(warn.mock.calls).toEqual([
      [
        'the token of "app" could not be refreshed and expires in 20 s: the token endpoint responded with 401 invalid_client: the secret has expired',
        { type: 'GrantgateWarning', code: 'renewal_failed' },
      ],
    ]);
    warn.mockRestore();
  });

  it('are passed to the listener of the application instead of a warning, and errors of the listener have no effect', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    createRenewalListener(() => {
      throw new Error('log is full');
    })(failed(true));
    expect(warn.mock.calls).toEqual([
      ['onRenewal: log is full', { type: 'GrantgateWarning', code: 'listener_failed' }],
    ]);
    warn.mockRestore();
  });

  it.each(['authenticator', 'token source'])('reach the listener in the options of a %s', async (what) => {
    const clock = createFakeClock();
    const server = await startScriptedServer(
      (response) => json(response, 200, { access_token: 'old', token_type: 'Bearer', expires_in: 100 }),
      (response) => json(response, 400, { error: 'invalid_scope', error_description: 'no such scope' }),
    );
    let resolve = (_event: RenewalEvent): void => {};
    const heard = new Promise<RenewalEvent>((settle) => (resolve = settle));
    const options = { url: server.url, clientID: 'app', clientSecret: 'tell-tale' };
    const source =
      what === 'token source' ? createTokenSource({ ...options, onRenewal: resolve }, { clock }) : undefined;
    const authenticator = source ?? createAuthenticator(options, { clock, onRenewal: resolve });
    const use = async () =>
      'decide' in authenticator ? authenticator.decide({ authorization: undefined }) : authenticator.token();
    await use();
    await clock.advance(90_000);
    await use();
    const event = await heard;
    expect(event).toMatchObject({
      kind: 'failed',
      reason: 'request_rejected',
      response: { status: 400, error: 'invalid_scope', errorDescription: 'no such scope' },
    });
    expect(JSON.stringify(event)).not.toContain('tell-tale');
    await Promise.all([authenticator.close(), server.close()]);
  });
});
