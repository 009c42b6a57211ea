import type { ClientAuthMethod } from '../../base/client-auth-method.ts';
import type { Clock } from '../../base/clock.ts';
import { createLru } from '../../base/lru.ts';
import type { TokenOutcome } from '../access-token.ts';
import type { MethodDoubt } from '../failure.ts';

/** Chooses the client authentication method of one token endpoint. */
export interface ClientAuthChoice {
  /**
   * Calls `obtain` with the method that is probably right for the client, and with the other method if the first may be wrong.
   * @param firstMethod the first method while nothing is known; default `client_secret_basic`.
   */
  run(clientId: string, obtain: ObtainWith, firstMethod?: ClientAuthMethod): Promise<TokenOutcome>;
}

/**
 * The action after a failed token request: `retries` as configured; `other-method`, so that a response that leaves the method in
 * doubt is not retried, or is retried once less when a proxy may have sent it; `nothing`, instead of that last retry.
 */
export type NextTry = 'retries' | 'other-method' | 'nothing';
export type ObtainWith = (method: ClientAuthMethod, next: NextTry) => Promise<TokenOutcome>;

/** Always uses the configured method. */
export const createFixedClientAuth = (method: ClientAuthMethod): ClientAuthChoice => ({
  run: (_clientId, obtain) => obtain(method, 'retries'),
});

/**
 * Maximum number of clients whose method is remembered per token endpoint, evicted least recently used first; only clients
 * with a token are added.
 */
const rememberedClients = 10_000;
/** Milliseconds for which a method that obtained a token is trusted: a refusal is then due to the secret. */
const trustMs = 60_000;

/**
 * The automatic choice: `client_secret_basic` first, as RFC 6749 section 2.3.1 prefers it, unless the server's metadata list
 * `client_secret_post` alone; then the other method, if the server may not have understood the first.
 *
 * A server responds alike to a wrong method and a wrong secret, so only a token is proof: its method is remembered for the
 * client (servers such as Auth0 and Okta fix the method per client) and for the endpoint (as the first try for new clients).
 * A refusal by both methods is a refusal of the credentials; nothing is remembered.
 *
 * A client that never had a token gets both tries each time, whatever others do, so that no stranger can use up the tries of a
 * legitimate client, not even under its client ID. Only the queue of the endpoint bounds the requests that guesses cause: both tries
 * wait for their turn. A client that got a token within the last minute is not tried with the other method.
 */
export function createAutomaticClientAuth(clock: Clock): ClientAuthChoice {
  const clients = createLru<string, { readonly method: ClientAuthMethod; readonly atMs: number }>(
    rememberedClients,
  );
  let endpointMethod: ClientAuthMethod | undefined;

  return {
    async run(clientId, obtain, firstMethod = 'client_secret_basic'): Promise<TokenOutcome> {
      const attempt = async (method: ClientAuthMethod, next: NextTry): Promise<TokenOutcome> => {
        const outcome = await obtain(method, next);
        if (outcome.kind === 'token') {
          endpointMethod = method;
          clients.set(clientId, { method, atMs: clock.monotonic() });
        }
        return outcome;
      };
      const known = clients.get(clientId);
      const likely = known?.method ?? endpointMethod ?? firstMethod;
      const first = await attempt(likely, known === undefined ? 'other-method' : 'retries');
      if (known === undefined ? doubtOf(first) === undefined : !mayHaveChanged(first)) return first;
      // Another request of this client may have determined the method meanwhile.
      const latest = clients.get(clientId) ?? known;
      const isTrusted = latest !== undefined && clock.monotonic() - latest.atMs < trustMs;
      if (isTrusted && latest.method === likely) return first;
      const second = await attempt(otherThan(likely), doubtOf(first) === 'weak' ? 'nothing' : 'retries');
      // Both methods are refused: `invalid_client` is more specific than the `invalid_request` of a server that saw no
      // credentials.
      return doubtOf(second) !== undefined && isRefusal(first) ? first : second;
    },
  };
}

const otherThan = (method: ClientAuthMethod): ClientAuthMethod =>
  method === 'client_secret_basic' ? 'client_secret_post' : 'client_secret_basic';

const isRefusal = (outcome: TokenOutcome): boolean =>
  outcome.kind === 'failure' && outcome.reason === 'credentials_refused';

const doubtOf = (outcome: TokenOutcome): MethodDoubt | undefined =>
  outcome.kind === 'failure' ? outcome.methodDoubt : undefined;

/**
 * Whether a server may accept a different method from the one that worked: `unauthorized_client` is reported only after
 * authentication.
 */
function mayHaveChanged(outcome: TokenOutcome): boolean {
  if (outcome.kind === 'token') return false;
  return isRefusal(outcome)
    ? outcome.oauthError !== 'unauthorized_client'
    : outcome.oauthError === 'invalid_request';
}
