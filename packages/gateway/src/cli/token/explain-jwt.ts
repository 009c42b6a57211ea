import { decodeJwtPayload } from '@grantgate/middleware/base/jwt';
import { systemClock } from '@grantgate/middleware/base/clock';
import { secretLimit } from '@grantgate/middleware/base/file-error';
import type { Claims } from '@grantgate/middleware/claims/claims';
import { explainClaims } from '@grantgate/middleware/claims/explain';
import { parseClaims } from '@grantgate/middleware/claims/parse';
import { claimJson } from '@grantgate/middleware/claims/text';
import type { CredentialRequest } from '@grantgate/middleware/credentials/credential-reading';
import type { Decision, Deny } from '@grantgate/middleware/decision/decision';
import type { CallerProofs } from '@grantgate/middleware/jwt/binding';
import { createJwtAuthenticator } from '@grantgate/middleware/jwt/create-jwt-authenticator';
import { explainClaimsSet } from '@grantgate/middleware/jwt/claim-rules';
import type { JwtOptions } from '@grantgate/middleware/jwt/schema';
import type { JwtOutcome } from '@grantgate/middleware/jwt/verify-jwt';
import { describeForOperators } from '@grantgate/middleware/token/failure';
import type { CallExplanation } from '@grantgate/middleware/predicate/explain';
import type { Io } from '../io.ts';
import { readInput } from '../read-input.ts';
import type { Style } from '../style.ts';
import { UsageError } from '../usage-error.ts';
import {
  formatClaims,
  formatHeaders,
  formatPredicate,
  formatPairs,
  toShownHeaders,
} from './format-sections.ts';

/** Contains the token when no file is given: an argument would be visible to every user of the machine. */
export const tokenVariable = 'GRANTGATE_TOKEN';

interface JwtCheck {
  readonly name: string;
  readonly passes: boolean;
  /** The value found and the value expected; empty for a check that passes. */
  readonly why: string;
}

/** Report about a caller's token and the decision on it. Never contains the token. */
export interface JwtReport {
  readonly middleware: string;
  readonly kind: 'jwt';
  /** Source of the keys: `issuer https://as.example`. */
  readonly keys: string;
  readonly refusal: Pick<Deny, 'status' | 'code' | 'detail' | 'reason'> | undefined;
  /** The key that verified the signature; undefined without one. */
  readonly key: { readonly id: string | undefined; readonly algorithm: string } | undefined;
  readonly expected: Pick<JwtOptions, 'issuers' | 'audience'>;
  /** The checks in the order of the gateway; each claim separately, even when the signature is invalid. */
  readonly checks: readonly JwtCheck[];
  /** `ClientUsername` of the access log; undefined for a refused token. */
  readonly username: string | undefined;
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

/** The command has neither a connection of the caller nor a proof. */
export const noProofs: CallerProofs<CredentialRequest> = Object.freeze({
  certificateThumbprint: () => undefined,
  proof: () => undefined,
  method: () => 'GET',
  url: () => 'https://localhost/',
});

/** Decides on a request with a token exactly as the gateway would. */
export async function explainJwt(middleware: string, options: JwtOptions, token: string): Promise<JwtReport> {
  const authenticator = createJwtAuthenticator<CredentialRequest>(options, {
    clock: systemClock,
    proofs: noProofs,
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
    const signer =
      outcome.kind === 'accepted' ? outcome : outcome.kind === 'refused' ? outcome.signer : undefined;
    return {
      middleware,
      kind: 'jwt',
      keys: describeKeys(options),
      refusal: decision.allowed ? undefined : decision,
      key: signer && { id: signer.key.id, algorithm: signer.algorithm },
      checks: toChecks(options, claims, outcome, decision),
      username: decision.allowed ? (decision.subject.username ?? decision.subject.clientId) : undefined,
      expected: { issuers: options.issuers, audience: options.audience },
      claims,
      calls: explained?.ok === true ? explained.calls : [],
      headers: decision.allowed ? toShownHeaders(decision.setHeaders, 'authorization') : [],
    };
  } finally {
    clearInterval(alive);
    await authenticator.close();
  }
}

function toChecks(
  options: JwtOptions,
  claims: Claims | undefined,
  outcome: JwtOutcome,
  decision: Decision,
): readonly JwtCheck[] {
  const unsigned =
    outcome.kind === 'accepted' || (outcome.kind === 'refused' && outcome.signer !== undefined)
      ? undefined
      : outcome.kind === 'refused'
        ? outcome.reason
        : describeForOperators(outcome);
  const toCheck = (name: string, why: string | undefined): JwtCheck => ({
    name,
    passes: why === undefined,
    why: why ?? '',
  });
  const claimChecks = claims === undefined ? [] : explainClaimsSet(claims, options, systemClock.now());
  const isBound =
    options.requireBinding !== undefined || (claims !== undefined && Object.hasOwn(claims, 'cnf'));
  const unbound =
    outcome.kind === 'accepted' && !decision.allowed && decision.code === 'token_invalid'
      ? (decision.reason ?? decision.detail)
      : undefined;
  return [
    toCheck('signature', unsigned),
    ...claimChecks.map(({ name, refusal }) => toCheck(name, refusal?.reason)),
    ...(isBound && outcome.kind === 'accepted' ? [toCheck('binding', unbound)] : []),
  ];
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

/** The report as text. */
export function formatJwtReport(report: JwtReport, style: Style): string {
  const { middleware, keys, refusal, key, expected, claims, calls, headers, checks, username } = report;
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
  const width = Math.max(...checks.map(({ name }) => name.length));
  const verdictOf = ({ passes }: JwtCheck): string => (passes ? style.good('passed') : style.bad('failed'));
  parts.push(
    `\n${style.strong('checks')}\n`,
    ...checks.map(
      (one) => `  ${verdictOf(one)}  ${one.name.padEnd(width)}  ${style.faint(one.why)}`.trimEnd() + '\n',
    ),
  );
  if (claims !== undefined)
    parts.push(formatClaims(claims, style, key === undefined ? 'claims, not verified' : 'claims'));
  parts.push(formatPredicate(calls, style));
  if (username !== undefined) parts.push(`\n${style.strong('user')}  ${username}\n`);
  parts.push(formatHeaders(headers, style));
  return parts.join('');
}

const show = (claims: Claims | undefined, name: string): string =>
  claims !== undefined && Object.hasOwn(claims, name) ? claimJson(claims[name] ?? null) : 'missing';

/** The report as JSON, in which every number of the claims is written as in the token. */
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
