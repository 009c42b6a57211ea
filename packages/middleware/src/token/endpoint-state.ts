import type { Clock } from '../base/clock.ts';
import { fingerprint } from '../base/fingerprint.ts';
import { createLru, type Lru } from '../base/lru.ts';
import { createCircuitBreaker, type CircuitBreaker } from './circuit-breaker.ts';
import { createAutomaticClientAuth, type ClientAuthChoice } from './client-auth/automatic.ts';
import { createCooldowns, type Cooldowns } from './cooldowns.ts';
import type { TokenEndpointOptions } from './endpoint.ts';
import { createRequestQueue, type RequestQueue } from './request-queue.ts';

/** What is known of one token endpoint, and bounds its use, whichever middleware asks. */
export interface EndpointState {
  readonly queue: RequestQueue;
  readonly breaker: CircuitBreaker;
  readonly cooldowns: Cooldowns;
  /** Clients that have had a token. */
  readonly clients: Lru<string, true>;
  readonly automaticAuth: ClientAuthChoice;
}

/** Clients that have had a token, the most recently used remembered. */
const rememberedClients = 10_000;

export function createEndpointState(
  { maxConcurrent }: Pick<TokenEndpointOptions, 'maxConcurrent'>,
  { clock, random = Math.random }: { readonly clock: Clock; readonly random?: (() => number) | undefined },
): EndpointState {
  return Object.freeze({
    queue: createRequestQueue({ clock, maxConcurrent }),
    breaker: createCircuitBreaker({ clock, random }),
    cooldowns: createCooldowns({ clock, random }),
    clients: createLru<string, true>(rememberedClients),
    automaticAuth: createAutomaticClientAuth(clock),
  });
}

/** States of token endpoints in use. */
export interface EndpointStates {
  /** To be released exactly once. */
  acquire(options: TokenEndpointOptions): { readonly state: EndpointState; release(): void };
}

/**
 * Shares a state among all that use a token endpoint in the same way. Whatever can make a request fail on this side (TLS, proxy, headers,
 * time-out) tells endpoints apart, so that one middleware's wrong options do not suspend the requests of another.
 */
export function createEndpointStates(clock: Clock): EndpointStates {
  const held = new Map<string, { readonly state: EndpointState; users: number }>();
  return {
    acquire(options) {
      const { url, tls, proxy, headers, timeoutMs, maxConcurrent } = options;
      const key = fingerprint({ url, tls, proxy, headers, timeoutMs, maxConcurrent });
      const entry = held.get(key) ?? { state: createEndpointState(options, { clock }), users: 0 };
      entry.users += 1;
      held.set(key, entry);
      return {
        state: entry.state,
        release() {
          entry.users -= 1;
          if (entry.users === 0) held.delete(key);
        },
      };
    },
  };
}
