import type { MaybePromise } from '../base/maybe-promise.ts';
import type { CredentialRequest } from '../credentials/credential-reading.ts';
import type { CredentialSource } from '../credentials/credential-source.ts';
import type { Allow, Decision } from '../decision/decision.ts';
import type { RefusalHandling } from './refusals-schema.ts';
import { createAuth, type Auth, type AuthParts } from './auth.ts';

/** A request of any framework, as middlewares see it. */
export interface ApplicationRequest extends CredentialRequest {
  readonly method: string;
  /** Scheme and authority of the URL to which the caller sent the request, if the framework knows them. */
  readonly origin: string;
  /** Thumbprint of the certificate of the caller's TLS connection (RFC 8705 section 3.1); undefined without one. */
  certificateThumbprint(): string | undefined;
}

/** A request that may pass: the changes to it, computed once per token. */
export interface RequestChanges {
  readonly auth: Auth;
  /** Names of `setHeaders` in lower case, each followed by its value. */
  readonly lowerHeaders: readonly string[];
  /** True at the length of each name in `removeHeaders`, so that names of other lengths can be skipped. */
  readonly removedLengths: readonly (boolean | undefined)[];
  readonly allow: Allow;
}

/** The part of a middleware that is independent of frameworks. */
export interface ApplicationMiddleware {
  readonly refusals: RefusalHandling;
  /** Synchronous when the decision is in memory. @param passed `auth` of the request, if an earlier middleware has set it. */
  decide(request: ApplicationRequest, passed: Auth | undefined): MaybePromise<Decision>;
  changesOf(allow: Allow): RequestChanges;
  /** Removes credentials from path, query and cookies; undefined when callers put none there. */
  readonly source: Pick<CredentialSource, 'strip' | 'secretNames'> | undefined;
  close(): Promise<void>;
}

export function toRequestChanges(allow: Allow, parts: AuthParts): RequestChanges {
  const lowerHeaders = allow.setHeaders.map((text, at) => (at % 2 === 0 ? text.toLowerCase() : text));
  const longest = Math.max(...Array.from(allow.removeHeaders, (name) => name.length));
  const removedLengths = new Array<boolean>(longest + 1).fill(false);
  for (const { length } of allow.removeHeaders) removedLengths[length] = true;
  return Object.freeze({ auth: createAuth(parts), lowerHeaders, removedLengths, allow });
}

/** The same changes, with other cookies. @param cookie value of `Cookie`. */
export function withCookies(changes: RequestChanges, cookie: string): RequestChanges {
  const { allow, lowerHeaders, removedLengths, auth } = changes;
  const lengths = [...removedLengths];
  lengths['cookie'.length] = true;
  return {
    auth,
    lowerHeaders: [...lowerHeaders, 'cookie', cookie],
    removedLengths: lengths,
    allow: {
      ...allow,
      setHeaders: [...allow.setHeaders, 'cookie', cookie],
      removeHeaders: new Set([...allow.removeHeaders, 'cookie']),
    },
  };
}
