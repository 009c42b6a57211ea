import type { Authenticator } from '../create.ts';
import { createApplicationAuthenticator } from '../create.ts';
import type { Allow } from '../decision/decision.ts';
import { OptionsError } from '../errors.ts';
import type { OptionProblem } from '../options/report.ts';
import { parseClientCredentials } from '../options/parse.ts';
import type { ClientCredentialsInput } from '../options/schema.ts';
import type { DiscoveryListener } from '../discovery-listener.ts';
import type { KeysListener } from '../keys-listener.ts';
import type { RenewalListener } from '../renewal-listener.ts';
import { checkTracing, type TracingOption } from '../options/tracing-option.ts';
import type { StoreListener } from '../store-listener.ts';
import { toExchangedParts } from './auth.ts';
import { toRequestChanges, type ApplicationMiddleware, type RequestChanges } from './middleware.ts';
import type { BearerFields } from './input.ts';
import { refusalsSchema } from './refusals-schema.ts';
import { traceMiddleware } from './trace-middleware.ts';
import { findUsable } from './usable-options.ts';

type EventListeners = StoreListener & RenewalListener & DiscoveryListener & KeysListener;

/** Options of `oAuthClientCredentials`, or an authenticator that several middlewares share; its owner closes it. */
export type ClientCredentialsMiddlewareOptions = Pick<BearerFields, 'refusals'> &
  TracingOption &
  ((ClientCredentialsInput & EventListeners) | { readonly authenticator: Authenticator });

/**
 * Opens a middleware. Doubtful options cause a process warning, `GrantgateWarning`.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 */
export function createClientCredentialsMiddleware({
  refusals = 'respond',
  tracing,
  ...options
}: ClientCredentialsMiddlewareOptions): ApplicationMiddleware {
  const shared = 'authenticator' in options ? options.authenticator : undefined;
  const problems = [...checkRefusals(refusals), ...checkTracing(tracing)];
  if (shared !== undefined && problems.length > 0) throw new OptionsError(problems);
  const authenticator =
    shared ?? openAuthenticator(options as ClientCredentialsInput & EventListeners, { problems, tracing });
  const known = new WeakMap<Allow, RequestChanges>();
  const middleware: ApplicationMiddleware = {
    refusals,
    source: undefined,
    decide: (request) => authenticator.decide(request),
    changesOf(allow) {
      let changes = known.get(allow);
      if (changes === undefined) {
        changes = toRequestChanges(allow, toExchangedParts(allow));
        known.set(allow, changes);
      }
      return changes;
    },
    close: async () => {
      if (shared === undefined) await authenticator.close();
    },
  };
  return traceMiddleware(middleware, 'oAuthClientCredentials', tracing);
}

function openAuthenticator(
  { onStoreEvent, onRenewal, onDiscovery, onKeys, ...input }: ClientCredentialsInput & EventListeners,
  { problems, tracing }: TracingOption & { readonly problems: readonly OptionProblem[] },
): Authenticator {
  const options = findUsable(input, parseClientCredentials(input), problems);
  return createApplicationAuthenticator(options, { onStoreEvent, onRenewal, onDiscovery, onKeys, tracing });
}

const checkRefusals = (refusals: unknown): readonly OptionProblem[] =>
  (refusalsSchema.safeParse(refusals).error?.issues ?? []).map(({ message }) => ({
    severity: 'error',
    path: ['refusals'],
    code: 'invalid_value',
    message,
  }));
