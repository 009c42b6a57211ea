import type { TokenTally } from '@grantgate/middleware/cache/token-tally';
import { createHash } from 'node:crypto';
import type { MaybePromise } from '@grantgate/middleware/base/maybe-promise';
import type { CredentialSource } from '@grantgate/middleware/credentials/credential-source';
import type { Decision } from '@grantgate/middleware/decision/decision';
import type { CallerAuthentication } from '@grantgate/middleware/verification/create-caller-decide';
import type { ConnectionTls } from '../routing/connection-tls.ts';
import type { Step, StepRequest, StepResult } from './step.ts';

export interface CallerStepParts {
  /** Where callers put their credentials. */
  readonly source: CredentialSource;
  readonly authentication: CallerAuthentication<StepRequest>;
  /** Whether a server may get the credential: then beside a proxy, which sends the URL itself, it may stay in the query. */
  readonly forwards: boolean;
  /** Counts where its verifications came from. */
  readonly tally?: TokenTally | undefined;
  readonly close?: (() => Promise<void>) | undefined;
}

/**
 * The step of a kind whose callers bring a credential. Query and cookie lose it on the way to the server; a header loses it by the
 * decision.
 */
export function createCallerStep(
  name: string,
  { source, authentication, forwards, tally, close }: CallerStepParts,
): Step {
  const { decide, purge } = authentication;
  const { query, cookie } = source.secretNames;
  const strip = (decision: Decision, request: StepRequest): StepResult => {
    if (!decision.allowed) return decision;
    const { target, cookie: cookies } = source.strip(request);
    if (target === undefined && cookies === undefined) return decision;
    return {
      ...decision,
      ...(target !== undefined && { target }),
      ...(cookies !== undefined && {
        setHeaders: [...decision.setHeaders, 'cookie', cookies],
        removeHeaders: new Set([...decision.removeHeaders, 'cookie']),
      }),
    };
  };
  return Object.freeze({
    name,
    onRequest:
      query === undefined && cookie === undefined
        ? decide
        : (request: StepRequest): MaybePromise<StepResult> => {
            const decision = decide(request);
            return decision instanceof Promise
              ? decision.then((late) => strip(late, request))
              : strip(decision, request);
          },
    rewritesTarget: query !== undefined && !forwards,
    secretNames: namesOf(source),
    purge,
    ...(tally && { tally }),
    ...(close && { close }),
  } satisfies Step);
}

function namesOf({ secretNames: { header, query } }: CredentialSource): ReadonlySet<string> {
  return new Set([header, query].filter((name) => name !== undefined));
}

/** By connection: a caller's certificate stays the same. */
const thumbprints = new WeakMap<ConnectionTls, string>();

/**
 * Thumbprint of the certificate that the caller sent in its TLS connection to the gateway: base64url of SHA-256 (RFC 8705 section 3.1).
 * Undefined without one, and beside a proxy, whose connection is not the caller's. The TLS options decide whether it was verified.
 */
export function certificateThumbprintOf({ facts: { tls } }: StepRequest): string | undefined {
  if (tls === undefined) return undefined;
  let thumbprint = thumbprints.get(tls);
  if (thumbprint === undefined) {
    const [own] = tls.clientCertificates();
    if (own === undefined) return undefined;
    thumbprint = createHash('sha256').update(own.raw).digest('base64url');
    thumbprints.set(tls, thumbprint);
  }
  return thumbprint;
}
