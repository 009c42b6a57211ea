import type { Clock } from '../../base/clock.ts';
import { createLru } from '../../base/lru.ts';
import type { TokenOutcome } from '../access-token.ts';
import type { ClientAuthMethod } from '../../base/client-auth-method.ts';

/** Chooses the client authentication method of one token endpoint. */
export interface ClientAuthChoice {
  /** Calls `obtain` with the method that is likely right for the client and, when that is refused, perhaps with the other. */
  run(clientId: string, obtain: (method: ClientAuthMethod) => Promise<TokenOutcome>): Promise<TokenOutcome>;
}

/** The configured method, whatever the server says. */
export const createFixedClientAuth = (method: ClientAuthMethod): ClientAuthChoice => ({
  run: (_clientId, obtain) => obtain(method),
});

/** Clients whose method is remembered per token endpoint, the most recently used kept; only a token earns a place. */
const rememberedClients = 1000;
/** Milliseconds for which a method that gave a client a token is not doubted: a refusal is the secret's. */
const trustMs = 60_000;
/** Milliseconds between two tries of the other method, all clients of the endpoint together, once a method is known. */
const probeIntervalMs = 1000;

/**
 * The automatic choice: `client_secret_basic` first, as RFC 6749 section 2.3.1 prefers it, and `client_secret_post` when
 * the server refuses that and accepts this.
 *
 * A server answers `invalid_client` to a wrong method and to a wrong secret alike, so only a token tells: the method that
 * gave one is remembered, for the client (servers such as Auth0 and Okta fix the method per client) and for the endpoint
 * (the first try for clients not seen yet). A refusal by both methods is a refusal of the credentials; nothing is remembered.
 *
 * So that guessed secrets do not double the server's load: a client that got a token within the last minute is not tried
 * with the other method at all, and once any method has worked at the endpoint the other is tried at most once a second
 * for all other clients together. That is what lets the choice recover when the server changes its mind, and what lets in
 * a client that needs another method than its neighbours.
 */
export function createAutomaticClientAuth(clock: Clock): ClientAuthChoice {
  const clients = createLru<string, { readonly method: ClientAuthMethod; readonly atMs: number }>(
    rememberedClients,
  );
  let endpointMethod: ClientAuthMethod | undefined;
  let nextProbeAtMs = Number.NEGATIVE_INFINITY;

  const mayProbe = (clientId: string): boolean => {
    // Nothing is known about the endpoint: the first client that works decides.
    if (endpointMethod === undefined) return true;
    const nowMs = clock.monotonic();
    const known = clients.get(clientId);
    if (known !== undefined && nowMs - known.atMs < trustMs) return false;
    if (nowMs < nextProbeAtMs) return false;
    nextProbeAtMs = nowMs + probeIntervalMs;
    return true;
  };

  return {
    async run(clientId, obtain): Promise<TokenOutcome> {
      const attempt = async (method: ClientAuthMethod): Promise<TokenOutcome> => {
        const outcome = await obtain(method);
        if (outcome.kind === 'token') {
          endpointMethod = method;
          clients.set(clientId, { method, atMs: clock.monotonic() });
        }
        return outcome;
      };
      const likely = clients.get(clientId)?.method ?? endpointMethod ?? 'client_secret_basic';
      const first = await attempt(likely);
      if (!refusesMethod(first) || !mayProbe(clientId)) return first;
      const second = await attempt(
        likely === 'client_secret_basic' ? 'client_secret_post' : 'client_secret_basic',
      );
      // Refused both ways: `invalid_client` says more than the `invalid_request` of a server that saw no credentials.
      return refusesMethod(second) && isRefusal(first) ? first : second;
    },
  };
}

const isRefusal = (outcome: TokenOutcome): boolean =>
  outcome.kind === 'failure' && outcome.reason === 'credentials_refused';

/** May the method be what the server did not like? `unauthorized_client` comes after authentication (RFC 6749 section 5.2). */
function refusesMethod(outcome: TokenOutcome): boolean {
  if (outcome.kind === 'token') return false;
  // Servers that do not read one of the two methods miss the client ID: `invalid_request`.
  return isRefusal(outcome)
    ? outcome.oauthError !== 'unauthorized_client'
    : outcome.oauthError === 'invalid_request';
}
