import { decodeJwtPayload } from '@grantgate/middleware/base/jwt';
import { systemClock } from '@grantgate/middleware/base/clock';
import { secretLimit } from '@grantgate/middleware/base/file-error';
import type { Claims, JsonValue } from '@grantgate/middleware/claims/claims';
import { explainClaims } from '@grantgate/middleware/claims/explain';
import { parseClaims } from '@grantgate/middleware/claims/parse';
import { claimJson } from '@grantgate/middleware/claims/text';
import type { CredentialRequest } from '@grantgate/middleware/credentials/credential-reading';
import type { Deny } from '@grantgate/middleware/decision/decision';
import { createJwtAuthenticator } from '@grantgate/middleware/jwt/create-jwt-authenticator';
import type { JwtOptions } from '@grantgate/middleware/jwt/options';
import type { CallExplanation } from '@grantgate/middleware/predicate/explain';
import { formatCalls } from '../calls.ts';
import type { Io } from '../io.ts';
import { readInput } from '../read-input.ts';
import type { Style } from '../style.ts';
import { UsageError } from '../usage-error.ts';
import { formatPairs } from './format-pairs.ts';

/** Holds the token when no file is given: an argument would be seen by every user of the machine. */
export const tokenVariable = 'GRANTGATE_TOKEN';

/** Report about a caller's token and the decision on it. Never holds the token. */
export interface JwtReport {
  readonly middleware: string;
  readonly kind: 'jwt';
  /** Source of the keys: `issuer https://as.example`. */
  readonly keys: string;
  readonly refusal: Pick<Deny, 'status' | 'code' | 'detail' | 'reason'> | undefined;
  /** The key that verified the signature; undefined: none did. */
  readonly key: { readonly id: string | undefined; readonly algorithm: string } | undefined;
  readonly expected: Pick<JwtOptions, 'issuers' | 'audience'>;
  /** Not verified without `key`; undefined: the token is opaque. */
  readonly claims: Claims | undefined;
  /** Of the option `claims`; empty without it or without claims. */
  readonly calls: readonly CallExplanation[];
  /** Name and value. */
  readonly headers: readonly (readonly [string, string])[];
}

/** Reads the token of a caller. @throws UsageError when there is none. */
export async function readToken(file: string | undefined, io: Io): Promise<string> {
  const token = file === undefined ? io.env[tokenVariable] : await readInput(file, io, secretLimit);
  if (token === undefined || token.trim() === '')
    throw new UsageError(`missing token of a caller: pass it in --token-file FILE or ${tokenVariable}`);
  return token.trim().replace(/^(?:Bearer|DPoP) +/i, '');
}

/** Decides on a request with a token exactly as the gateway would. */
export async function explainJwt(middleware: string, options: JwtOptions, token: string): Promise<JwtReport> {
  const authenticator = createJwtAuthenticator<CredentialRequest>(options, {
    clock: systemClock,
    // A command has neither a connection of the caller nor a proof.
    proofs: {
      certificateThumbprint: () => undefined,
      proof: () => undefined,
      method: () => 'GET',
      url: () => 'https://localhost/',
    },
  });
  // The pause between two attempts does not keep the process alive by itself.
  const alive = setInterval(() => {}, 60_000);
  try {
    const outcome = await authenticator.verify(token);
    const scheme = options.requireBinding === 'dpop' ? 'DPoP' : 'Bearer';
    const decision = await authenticator.decide({
      authorization: `${scheme} ${token}`,
      target: '/',
      header: () => undefined,
    });
    const payload = decodeJwtPayload(token);
    const claims = payload === undefined ? undefined : parseClaims(payload);
    const explained =
      options.claims === undefined || claims === undefined
        ? undefined
        : explainClaims(options.claims, claims);
    return {
      middleware,
      kind: 'jwt',
      keys: describeKeys(options),
      refusal: decision.allowed ? undefined : decision,
      key: outcome.kind === 'accepted' ? { id: outcome.key.id, algorithm: outcome.algorithm } : undefined,
      expected: { issuers: options.issuers, audience: options.audience },
      claims,
      calls: explained?.ok === true ? explained.calls : [],
      headers: decision.allowed ? toPairs(decision.setHeaders) : [],
    };
  } finally {
    clearInterval(alive);
    await authenticator.close();
  }
}

function describeKeys({ keys, issuers }: JwtOptions): string {
  switch (keys.kind) {
    case 'secret':
      return 'signingSecret';
    case 'publicKey':
      return 'publicKey';
    case 'keySet':
      return 'jwksFile';
    case 'url':
      return keys.url.replace(/\?.*/, '');
    case 'path':
      return issuers.map((issuer) => issuer + keys.path).join(', ');
    case 'issuer':
      return `issuer ${keys.issuer}`;
  }
}

function toPairs(raw: readonly string[]): readonly (readonly [string, string])[] {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? '';
    // Values are the bytes of UTF-8, one character each.
    const value = Buffer.from(raw[at + 1] ?? '', 'latin1').toString('utf8');
    pairs.push(name === 'authorization' ? ['Authorization', 'Bearer [hidden]'] : [name, value]);
  }
  return pairs;
}

/** For people. */
export function formatJwtReport(report: JwtReport, style: Style): string {
  const { middleware, keys, refusal, key, expected, claims, calls, headers } = report;
  const parts = [
    `${style.strong(middleware)}  jwt, keys of ${keys}\n`,
    refusal === undefined
      ? `${style.good('allowed')}\n`
      : `${style.bad('refused')}  ${refusal.status} ${refusal.code}: ${refusal.reason ?? refusal.detail}\n`,
    `\n${style.strong('token')}  ${key === undefined ? 'not accepted' : `verified with ${key.algorithm}, ${key.id === undefined ? 'a key without kid' : `kid ${key.id}`}`}\n`,
    formatPairs([
      ['issuer', `${show(claims, 'iss')}, expected ${expected.issuers.join(' or ') || 'any'}`],
      ['audience', `${show(claims, 'aud')}, expected ${expected.audience.join(' or ') || 'any'}`],
    ]),
  ];
  if (claims !== undefined)
    parts.push(
      `\n${style.strong(key === undefined ? 'claims, not verified' : 'claims')}\n${formatPairs(Object.entries(claims).map(([name, value]: [string, JsonValue]) => [name, claimJson(value)]))}`,
    );
  if (calls.length > 0) parts.push(`\n${style.strong('predicate')}\n${formatCalls(calls, style)}`);
  if (headers.length > 0) parts.push(`\n${style.strong('headers')}\n${formatPairs(headers)}`);
  return parts.join('');
}

const show = (claims: Claims | undefined, name: string): string =>
  claims !== undefined && Object.hasOwn(claims, name) ? claimJson(claims[name] ?? null) : 'missing';

/** For machines: JSON in which every number of the claims stands as in the token. */
export function jwtReportToJson({ refusal, claims, headers, ...report }: JwtReport): string {
  const fields = JSON.stringify({
    ...report,
    allowed: refusal === undefined,
    ...(refusal && {
      refusal: {
        status: refusal.status,
        code: refusal.code,
        detail: refusal.detail,
        reason: refusal.reason,
      },
    }),
    headers: Object.fromEntries(headers),
  });
  return claims === undefined ? fields : `${fields.slice(0, -1)},"claims":${claimJson(claims)}}`;
}
