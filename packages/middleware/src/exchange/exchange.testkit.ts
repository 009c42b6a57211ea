import { onTestFinished } from 'vitest';
import { createFakeClock, skipWaitsBelow } from '../../../testkit/src/fake-clock.ts';
import { json, startScriptedServer, type Script } from '../../../testkit/src/scripted-server.ts';
import type { Stores } from '../cache/stores.ts';
import { createTokenTally } from '../cache/token-tally.ts';
import type { CredentialRequest } from '../credentials/credential-reading.ts';
import type { Decision } from '../decision/decision.ts';
import type { CallerProofs } from '../jwt/binding.ts';
import { createExchangeAuthenticator } from './create-exchange-authenticator.ts';
import { parseExchange } from './parse.ts';

export const bearer = (token: string, scheme = 'Bearer'): CredentialRequest => ({
  authorization: `${scheme} ${token}`,
  target: '/',
  header: () => undefined,
});

export const proofs: CallerProofs<CredentialRequest> = {
  certificateThumbprint: ({ target }) => (target === '/certified' ? 'thumb' : undefined),
  proof: () => undefined,
  method: () => 'GET',
  url: () => 'https://api.example/',
};

/** An unsigned token that looks signed: its issuer decides about it. */
export const toJwt = (claims: object): string =>
  [{ alg: 'ES256' }, claims, 'signature']
    .map((part) => Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url'))
    .join('.');

/** A server for tests. */
export async function startServer(...script: Script) {
  const server = await startScriptedServer(...script);
  onTestFinished(() => server.close());
  return server;
}

/** A response without `Date`, so that the fake clock also counts as the server's. */
export const respond =
  (body: unknown, status = 200, headers: Record<string, string> = {}): Script[number] =>
  (response) => {
    response.sendDate = false;
    json(response, status, body, headers);
  };

export const granted = (token: string, more: object = {}) => ({
  access_token: token,
  issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  token_type: 'Bearer',
  expires_in: 3600,
  ...more,
});

/** An authenticator without waits between attempts. */
export function connect(url: string, more: object = {}, stores?: Stores) {
  const clock = createFakeClock();
  const { clientConfig = {}, ...others } = more as { readonly clientConfig?: object };
  const { options, problems } = parseExchange({
    ...{ url, clientID: 'gateway', clientSecret: 'gateway-secret' },
    clientConfig: { maxRetries: 0, timeoutSeconds: 3600, ...clientConfig },
    ...others,
  });
  if (options === undefined) throw new Error(problems.map(({ message }) => message).join('\n'));
  const tally = createTokenTally();
  const authenticator = createExchangeAuthenticator<CredentialRequest>(options, {
    ...{ clock: skipWaitsBelow(60_000, clock), stores, proofs, tally },
  });
  onTestFinished(() => authenticator.close());
  return {
    ...authenticator,
    ...{ clock, tally },
    decide: async (token: string): Promise<Decision> => authenticator.decide(bearer(token)),
    decideOn: authenticator.decide,
  };
}

/** The token that the upstream receives. */
export function tokenOf(decision: Decision): string {
  if (!decision.allowed) throw new Error(`${decision.code}: ${decision.detail} ${decision.reason ?? ''}`);
  const [name, value = ''] = decision.setHeaders;
  if (name !== 'authorization') throw new Error('no Authorization');
  return value.replace('Bearer ', '');
}
