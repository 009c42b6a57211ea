import type { Clock } from '../base/clock.ts';
import { fingerprint } from '../base/fingerprint.ts';
import { createLru, type Lru } from '../base/lru.ts';
import { createCircuitBreaker, type CircuitBreaker } from './circuit-breaker.ts';
import { createAutomaticClientAuth, type ClientAuthChoice } from './client-auth/automatic.ts';
import { createCooldowns, type Cooldowns } from './cooldowns.ts';
import type { ServerEndpointOptions } from './endpoint.ts';
import { createEndpointJournal, type EndpointJournal } from './endpoint-journal.ts';
import { createRequestQueue, type RequestQueue } from './request-queue.ts';
import { createTransport, type Transport } from './transport.ts';

/** State and limits of one endpoint of an authorization server, common to all middlewares that use it, with its connections. */
export interface EndpointState {
  readonly transport: Transport;
  readonly queue: RequestQueue;
  readonly breaker: CircuitBreaker;
  readonly cooldowns: Cooldowns;
  /** Clients that have obtained a token. */
  readonly clients: Lru<string, true>;
  readonly automaticAuth: ClientAuthChoice;
  readonly journal: EndpointJournal;
}

/** Maximum number of clients to remember that have obtained a token, the most recently used ones. */
const rememberedClients = 10_000;

export interface EndpointStateParts {
  readonly clock: Clock;
  /** Default `Math.random`. */
  readonly random?: (() => number) | undefined;
  /** Source of proxies; default: the environment of the process. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

/** The creator closes its transport. */
export function createEndpointState(
  options: Pick<ServerEndpointOptions, 'maxConcurrent' | 'tls' | 'timeoutMs' | 'proxy'>,
  { clock, random = Math.random, env }: EndpointStateParts,
): EndpointState {
  return Object.freeze({
    transport: createTransport(options, clock, env),
    queue: createRequestQueue({ clock, maxConcurrent: options.maxConcurrent }),
    breaker: createCircuitBreaker({ clock, random }),
    cooldowns: createCooldowns({ clock, random }),
    clients: createLru<string, true>(rememberedClients),
    automaticAuth: createAutomaticClientAuth(clock),
    journal: createEndpointJournal(clock),
  });
}

/** Purpose of requests at an endpoint: to obtain tokens (RFC 6749, RFC 8693), or to introspect a token (RFC 7662). */
export type EndpointPurpose = 'token' | 'introspection';

/** States of endpoints in use. */
export interface EndpointStates {
  /**
   * Must be released exactly once; the last release closes the connections.
   *
   * @param user the resource that acquires it, listed in `entries`; default: none.
   * @param use default: `token`.
   */
  acquire(
    options: ServerEndpointOptions,
    user?: object,
    use?: EndpointPurpose,
  ): {
    readonly state: EndpointState;
    readonly release: () => Promise<void>;
  };
  /** The states in use. */
  entries(): readonly EndpointEntry[];
}

export interface EndpointEntry {
  readonly url: string;
  readonly use: EndpointPurpose;
  readonly state: EndpointState;
  /** Uses that have not been released. */
  readonly users: ReadonlySet<EndpointUser>;
}

export interface EndpointUser {
  /** The resource that acquired the state. */
  readonly of: object;
}

/**
 * Shares a state among all users of an endpoint with the same options. Options that can make a request fail on this side
 * (TLS, proxy, headers, time-out) separate endpoints, so that one middleware's wrong options do not suspend the requests of
 * another.
 */
export function createEndpointStates(clock: Clock): EndpointStates {
  const held = new Map<string, EndpointEntry & { readonly users: Set<EndpointUser> }>();
  return {
    entries: () => [...held.values()],
    acquire(options, user = {}, use = 'token') {
      const { url, tls, proxy, headers, timeoutMs, maxConcurrent } = options;
      const key = fingerprint({ use, url, tls, proxy, headers, timeoutMs, maxConcurrent });
      const entry = held.get(key) ?? {
        url,
        use,
        state: createEndpointState(options, { clock }),
        users: new Set(),
      };
      const acquired = { of: user };
      entry.users.add(acquired);
      held.set(key, entry);
      return {
        state: entry.state,
        async release() {
          entry.users.delete(acquired);
          if (entry.users.size > 0) return;
          held.delete(key);
          await entry.state.transport.close();
        },
      };
    },
  };
}
