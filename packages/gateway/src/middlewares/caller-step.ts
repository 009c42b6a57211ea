import type { TokenTally } from '@grantgate/middleware/cache/token-tally';
import { createHash } from 'node:crypto';
import type { MaybePromise } from '@grantgate/middleware/base/maybe-promise';
import type { CredentialSource } from '@grantgate/middleware/credentials/credential-source';
import type { Decision } from '@grantgate/middleware/decision/decision';
import type { CallerAuthentication } from '@grantgate/middleware/verification/create-caller-decide';
import type { ConnectionTls } from '../routing/connection-tls.ts';
import { replaceHeaders, valueIn } from '../http1/message/header-list.ts';
import { removeHeaders } from './remove-headers.ts';
import type { Pass, Step, StepRequest, StepResult } from './step.ts';
import type { CallerProofs } from '@grantgate/middleware/jwt/binding';

export interface CallerStepParts {
  /** Places for callers' credentials. */
  readonly source: CredentialSource;
  readonly authentication: CallerAuthentication<StepRequest>;
  /** Whether a server may get the credential. If so, an external proxy, which sends the URL itself, may leave it in the query. */
  readonly forwards: boolean;
  /** Counts the sources of its verifications. */
  readonly tally?: TokenTally | undefined;
  /**
   * Whether a well-formed credential is of this kind, so that several authenticators may use the same place in the request.
   * Default: every credential is.
   */
  readonly recognises?: ((credential: string) => boolean) | undefined;
  /** As in `Step`. */
  readonly keepsCaller?: boolean | undefined;
  readonly close?: (() => Promise<void>) | undefined;
}

/**
 * The step of a kind whose callers bring a credential. The step removes it from query and cookie; the decision removes it from
 * headers.
 */
export function createCallerStep(
  name: string,
  { source, authentication, forwards, recognises, keepsCaller = false, tally, close }: CallerStepParts,
): Step {
  const { decide, purge, forEachCaller } = authentication;
  const { query, cookie } = source.secretNames;
  const isInHeaderAlone = query === undefined && cookie === undefined;
  const strip = (decision: Decision, request: StepRequest): StepResult =>
    decision.allowed ? stripPass(source, decision, request) : decision;
  return Object.freeze({
    name,
    onRequest: isInHeaderAlone
      ? decide
      : (request: StepRequest): MaybePromise<StepResult> => {
          const decision = decide(request);
          return decision instanceof Promise
            ? decision.then((late) => strip(late, request))
            : strip(decision, request);
        },
    rewritesTarget: query !== undefined && !forwards,
    secretNames: namesOf(source),
    credentials: {
      recognises(request) {
        const reading = source.read(request);
        return reading.kind === 'found'
          ? (recognises?.(reading.value) ?? true)
          : reading.kind === 'malformed';
      },
      remove(pass, request) {
        const removed = removeHeaders(pass, source.removeHeaders);
        return isInHeaderAlone ? removed : stripPass(source, removed, request);
      },
    },
    keepsCaller,
    purge,
    forEachCaller,
    ...(tally && { tally }),
    ...(close && { close }),
  } satisfies Step);
}

const cookieNames: ReadonlySet<string> = new Set(['cookie']);

/** Removes the credential from query and cookies. */
function stripPass(source: CredentialSource, pass: Pass, request: StepRequest): Pass {
  const { target, cookie } = source.strip({
    authorization: request.authorization,
    target: pass.target ?? request.target,
    header: (name) => (pass.removeHeaders.has(name) ? valueIn(pass.setHeaders, name) : request.header(name)),
  });
  if (target === undefined && cookie === undefined) return pass;
  return {
    ...pass,
    ...(target !== undefined && { target }),
    ...(cookie !== undefined && {
      setHeaders: replaceHeaders(pass.setHeaders, cookieNames, ['cookie', cookie]),
      removeHeaders: new Set([...pass.removeHeaders, 'cookie']),
    }),
  };
}

function namesOf({ secretNames: { header, query } }: CredentialSource): ReadonlySet<string> {
  return new Set([header, query].filter((name) => name !== undefined));
}

/** Cached by connection, because a caller's certificate does not change. */
const thumbprints = new WeakMap<ConnectionTls, string>();

/**
 * Thumbprint of the client certificate in the caller's TLS connection to the gateway: base64url of SHA-256 (RFC 8705 section 3.1).
 * Undefined without one, and for external proxies, whose connection is not the caller's. The TLS options determine whether it is verified.
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

/** Evidence about the caller in a request. For external authorization, the proxy reports all of it, and there is no certificate. */
export const callerProofs: CallerProofs<StepRequest> = Object.freeze({
  certificateThumbprint: certificateThumbprintOf,
  proof: (request: StepRequest) => request.header('dpop'),
  method: ({ facts }: StepRequest) => facts.method,
  url(request: StepRequest) {
    const { scheme, authority, path } = request.facts;
    return `${request.header('x-forwarded-proto') ?? scheme}://${authority}${path}`;
  },
});
