import { decodeJwtPayload } from '@grantgate/middleware/base/jwt';
import type { Claims } from '@grantgate/middleware/claims/claims';
import { explainClaims } from '@grantgate/middleware/claims/explain';
import { parseClaims } from '@grantgate/middleware/claims/parse';
import { claimJson } from '@grantgate/middleware/claims/text';
import type { Deny } from '@grantgate/middleware/decision/decision';
import type { ClientCredentialsOptions } from '@grantgate/middleware/options/schema';
import { describeTokenType } from '@grantgate/middleware/token/error-response';
import type { CallExplanation } from '@grantgate/middleware/predicate/explain';
import type { PreparedMiddleware } from '../../snapshot/prepare-middleware.ts';
import type { Style } from '../style.ts';
import { formatClaims, formatHeaders, formatPredicate } from './format-sections.ts';
import type { TokenResult } from './obtain.ts';

/** Report about a token and the decision on it. Contains the token only with `--reveal`. */
export interface TokenReport {
  readonly middleware: string;
  readonly level: 'application' | 'gateway';
  readonly clientId: string;
  /** The token endpoint; undefined when the issuer names none. */
  readonly url: string | undefined;
  /** Undefined with the option `url`. */
  readonly issuer: string | undefined;
  /** `detail` is what callers may see; `authorizationServer` is for operators: the server's own error and description. */
  readonly refusal:
    (Pick<Deny, 'status' | 'code' | 'detail'> & { readonly authorizationServer?: string }) | undefined;
  readonly token:
    | {
        readonly value: string | undefined;
        /** `token_type` of the response; empty when it had none. */
        readonly type: string;
        /** Undefined, zero or less: the gateway would use it once and not cache it. */
        readonly lifetimeSeconds: number | undefined;
        /** Undefined: the token is opaque. */
        readonly claims: Claims | undefined;
      }
    | undefined;
  /** Calls of the option `claims`; empty without it or without claims. */
  readonly calls: readonly CallExplanation[];
  /** Name and value; `Authorization` without its token unless it is shown. */
  readonly headers: readonly (readonly [string, string])[];
}

export function createReport(
  middleware: Pick<PreparedMiddleware, 'name'> & { readonly options: ClientCredentialsOptions },
  { decision, token, tokenEndpoint, failure }: TokenResult,
  asked: { readonly clientId: string; readonly reveal: boolean },
): TokenReport {
  const { name, options } = middleware;
  const payload = token && decodeJwtPayload(token.value);
  const claims = payload === undefined ? undefined : parseClaims(payload);
  const explained =
    options.claims === undefined || claims === undefined ? undefined : explainClaims(options.claims, claims);
  return {
    middleware: name,
    level: options.clientID === undefined ? 'application' : 'gateway',
    clientId: asked.clientId,
    url: options.url ?? tokenEndpoint,
    issuer: options.issuer,
    refusal: decision.allowed
      ? undefined
      : {
          status: decision.status,
          code: decision.code,
          detail: decision.detail,
          ...(failure !== undefined && failure !== decision.detail && { authorizationServer: failure }),
        },
    token: token && {
      value: asked.reveal ? token.value : undefined,
      type: token.type ?? '',
      lifetimeSeconds:
        token.expiresAtMs === undefined
          ? undefined
          : Math.round((token.expiresAtMs - token.obtainedAtMs) / 1000),
      claims,
    },
    calls: explained?.ok === true ? explained.calls : [],
    headers: decision.allowed ? toPairs(decision.setHeaders, asked.reveal) : [],
  };
}

function toPairs(raw: readonly string[], reveal: boolean): readonly (readonly [string, string])[] {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? '';
    // Values are the bytes of UTF-8, one per character.
    const value = Buffer.from(raw[at + 1] ?? '', 'latin1').toString('utf8');
    if (name === 'authorization') pairs.push(['Authorization', reveal ? value : 'Bearer [hidden]']);
    else pairs.push([name, value]);
  }
  return pairs;
}

/** The report as text. */
export function formatReport(report: TokenReport, style: Style): string {
  const { middleware, level, clientId, url, issuer, refusal, token, calls, headers } = report;
  const server = [issuer && `issuer ${issuer}`, url].filter((text) => text !== undefined).join(', ');
  const parts = [
    `${style.strong(middleware)}  ${level} level, client ${clientId}, ${server}\n`,
    refusal === undefined
      ? `${style.good('allowed')}\n`
      : `${style.bad('refused')}  ${refusal.status} ${refusal.code}: ${refusal.authorizationServer ?? refusal.detail}\n`,
  ];
  if (token !== undefined) {
    const { value, type, lifetimeSeconds, claims } = token;
    const life = describeLifetime(lifetimeSeconds);
    parts.push(
      `\n${style.strong('token')}  ${claims === undefined ? 'opaque' : 'JWT'}, ${describeTokenType(type)}, ${life}\n`,
    );
    if (value !== undefined) parts.push(`  ${value}\n`);
    if (claims !== undefined) parts.push(formatClaims(claims, style));
  }
  parts.push(formatPredicate(calls, style), formatHeaders(headers, style));
  return parts.join('');
}

function describeLifetime(seconds: number | undefined): string {
  if (seconds === undefined) return 'unknown lifetime: used once, not cached (set tokenLifetime)';
  return seconds <= 0 ? 'already expired: used once, not cached' : `${seconds} s`;
}

/** The report as JSON, in which every number of the claims is written as in the token. */
export function reportToJson({ refusal, token, headers, ...report }: TokenReport): string {
  const place = '\u0000claims';
  const text = JSON.stringify(
    {
      ...report,
      allowed: refusal === undefined,
      ...(refusal && { refusal }),
      ...(token && { token: { ...token, ...(token.claims && { claims: place }) } }),
      headers: Object.fromEntries(headers),
    },
    null,
    2,
  );
  // A function, because `$` in a claim must not be read as a replacement pattern.
  return token?.claims === undefined
    ? text
    : text.replace(JSON.stringify(place), () => claimJson(token.claims ?? null));
}
