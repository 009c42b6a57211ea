import { decodeJwtPayload } from '../base/jwt.ts';
import { parsePlainClaims } from '../claims/parse.ts';
import type { Allow, Subject } from '../decision/decision.ts';

/**
 * The caller, for a protected handler. Frozen, and the same object while its token is cached, so it can be compared and used as a key.
 * Printing, logging or serialising it never shows the access token.
 */
export interface Auth {
  /** The client ID that was exchanged, or the client to which the caller's token was issued. */
  readonly clientId: string;
  /** Claim `sub` (RFC 7519 section 4.1.2); undefined when it is missing or the token is opaque. */
  readonly subject: string | undefined;
  /** Text of the claim in `usernameClaim`; undefined without the option or the claim. */
  readonly username: string | undefined;
  /** From claim `scope` (RFC 9068 section 2.2.3), or `scp`, as a list or a text with spaces; may be empty. */
  readonly scopes: readonly string[];
  /** The token's claims as `JSON.parse` reads them, deeply frozen; undefined for an opaque token. */
  readonly claims: Readonly<Record<string, unknown>> | undefined;
  /** Expiry in milliseconds since the epoch; undefined when the authorization server named no lifetime. */
  readonly expiresAt: number | undefined;
  /** The access token itself, to forward it; must never reach a log. */
  accessToken(): string;
}

export interface AuthParts {
  readonly subject: Subject;
  readonly token: string;
  /** JSON object; undefined for an opaque token. */
  readonly claims: string | undefined;
}

/** The parts of a client at application or gateway level; its token is the first header to set. */
export function toExchangedParts({ subject, setHeaders }: Allow): AuthParts {
  const token = setHeaders[1]?.slice('Bearer '.length) ?? '';
  return { subject, token, claims: decodeJwtPayload(token) };
}

/** Creates a caller's `Auth`; called once per token. */
export function createAuth({ subject, token, claims: json }: AuthParts): Auth {
  const claims = json === undefined ? undefined : parsePlainClaims(json);
  freezeAll(claims);
  const sub = claims?.['sub'];
  const auth = {
    clientId: subject.clientId,
    subject: typeof sub === 'string' ? sub : undefined,
    username: subject.username,
    scopes: Object.freeze(toScopes(claims?.['scope'] ?? claims?.['scp'])),
    claims,
    expiresAt: subject.expiresAt,
  };
  // Not enumerable, and a function, so that code that walks over the object does not find the token.
  const value = (): string => token;
  return Object.freeze(Object.defineProperty(auth, 'accessToken', { value })) as Auth;
}

function toScopes(claim: unknown): string[] {
  if (Array.isArray(claim)) return claim.filter((scope): scope is string => typeof scope === 'string');
  return typeof claim === 'string' ? claim.split(' ').filter((scope) => scope !== '') : [];
}

function freezeAll(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const part of Object.values(value)) freezeAll(part);
  Object.freeze(value);
}
