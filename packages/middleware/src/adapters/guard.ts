import type { MaybePromise } from '../base/maybe-promise.ts';
import type { Authenticator } from '../create.ts';
import { createApplicationAuthenticator } from '../create.ts';
import type { Allow, Decision } from '../decision/decision.ts';
import { OptionsError } from '../errors.ts';
import { parseClientCredentials } from '../options/parse.ts';
import type { ClientCredentialsInput } from '../options/schema.ts';
import type { Auth } from './auth.ts';
import { createAuth } from './auth.ts';
import { findApplicationProblems } from '../options/application.ts';
import type { DiscoveryListener } from '../discovery-listener.ts';
import type { RenewalListener } from '../renewal-listener.ts';
import type { StoreListener } from '../store-listener.ts';

type EventListeners = StoreListener & RenewalListener & DiscoveryListener;

/** Options of `oAuthClientCredentials`, or an authenticator that several middlewares share and its owner closes. */
export type GuardOptions =
  (ClientCredentialsInput & EventListeners) | { readonly authenticator: Authenticator };

/** A request that may pass: the changes to it, computed once per token. */
export interface RequestChanges {
  readonly auth: Auth;
  /** Names of `setHeaders` in lower case, each followed by its value. */
  readonly lowerHeaders: readonly string[];
  /** True at the length of each name in `removeHeaders`: a name of another length stays. */
  readonly removedLengths: readonly (boolean | undefined)[];
  readonly allow: Allow;
}

/** The common part of all adapters. */
export interface Guard {
  /** Synchronous when the token is in memory. */
  decide(authorization: string | undefined): MaybePromise<Decision>;
  passOf(allow: Allow): RequestChanges;
  close(): Promise<void>;
}

/**
 * Opens a middleware. Doubtful options cause a process warning, `GrantgateWarning`.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 */
export function createGuard(options: GuardOptions): Guard {
  const shared = 'authenticator' in options ? options.authenticator : undefined;
  const authenticator =
    shared ?? openAuthenticator(options as Exclude<GuardOptions, { authenticator: Authenticator }>);
  const passes = new WeakMap<Allow, RequestChanges>();
  return {
    decide: (authorization) => authenticator.decide({ authorization }),
    passOf(allow) {
      let pass = passes.get(allow);
      if (pass === undefined) {
        pass = toPass(allow);
        passes.set(allow, pass);
      }
      return pass;
    },
    close: async () => {
      if (shared === undefined) await authenticator.close();
    },
  };
}

function openAuthenticator({
  onStoreEvent,
  onRenewal,
  onDiscovery,
  ...input
}: ClientCredentialsInput & EventListeners): Authenticator {
  const { options, problems } = parseClientCredentials(input);
  const found = [...findApplicationProblems(input), ...problems];
  if (options === undefined || found.some(({ severity }) => severity === 'error'))
    throw new OptionsError(found);
  for (const { path, code, message } of found)
    process.emitWarning(`${path.join('.')}: ${message}`, { type: 'GrantgateWarning', code });
  return createApplicationAuthenticator(options, { onStoreEvent, onRenewal, onDiscovery });
}

function toPass(allow: Allow): RequestChanges {
  const lowerHeaders = allow.setHeaders.map((text, at) => (at % 2 === 0 ? text.toLowerCase() : text));
  const longest = Math.max(...Array.from(allow.removeHeaders, (name) => name.length));
  const removedLengths = new Array<boolean>(longest + 1).fill(false);
  for (const { length } of allow.removeHeaders) removedLengths[length] = true;
  return Object.freeze({ auth: createAuth(allow), lowerHeaders, removedLengths, allow });
}
