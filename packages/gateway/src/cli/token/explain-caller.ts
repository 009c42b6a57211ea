import { systemClock } from '@grantgate/middleware/base/clock';
import { createStores } from '@grantgate/middleware/cache/stores';
import { createTokenCache } from '@grantgate/middleware/cache/token-cache';
import type { Claims } from '@grantgate/middleware/claims/claims';
import { explainClaims } from '@grantgate/middleware/claims/explain';
import { claimJson } from '@grantgate/middleware/claims/text';
import type { CredentialRequest } from '@grantgate/middleware/credentials/credential-reading';
import type { Deny, Subject } from '@grantgate/middleware/decision/decision';
import { createExchangeAuthenticator } from '@grantgate/middleware/exchange/create-exchange-authenticator';
import type { ExchangeOptions } from '@grantgate/middleware/exchange/schema';
import { createIntrospectionAuthenticator } from '@grantgate/middleware/introspection/create-introspection-authenticator';
import type { IntrospectionOptions } from '@grantgate/middleware/introspection/schema';
import type { SourceOptions } from '@grantgate/middleware/options/source';
import type { CallExplanation } from '@grantgate/middleware/predicate/explain';
import { apiKey } from '../../middlewares/api-key/kind.ts';
import type { ApiKeyOptions } from '../../middlewares/api-key/options.ts';
import type { StepRequest, StepResult } from '../../middlewares/step.ts';
import type { RequestFacts } from '../../routing/facts.ts';
import type { Style } from '../style.ts';
import { noProofs } from './explain-jwt.ts';
import { formatClaims, formatHeaders, formatPredicate, toShownHeaders } from './format-sections.ts';

/** A refusal by any kind of middleware; `reason` is for operators. */
interface CallerRefusal extends Pick<Deny, 'status' | 'detail' | 'reason'> {
  readonly code: string;
}

/** Report about a caller's credential other than a JWT, and the decision on it. Never contains the credential. */
export interface CallerReport {
  readonly middleware: string;
  readonly kind: 'apiKey' | 'oAuthIntrospection' | 'oAuthTokenExchange';
  /** Source of the verdict: an endpoint of the authorization server, or the options. */
  readonly verifier: string;
  readonly refusal: CallerRefusal | undefined;
  /** The client, or the ID of the key; undefined when it is unknown. */
  readonly clientId: string | undefined;
  /** `ClientUsername` of the access log; undefined for a refused credential. */
  readonly username: string | undefined;
  /** Undefined: there are none, or the credential is unknown. */
  readonly claims: Claims | undefined;
  /** Of the option `claims`; empty without it or without claims. */
  readonly calls: readonly CallExplanation[];
  /** Name and value. */
  readonly headers: readonly (readonly [string, string])[];
}

/** Introspects a token, and decides on a request with it exactly as the gateway would. */
export async function explainIntrospection(
  middleware: string,
  options: IntrospectionOptions,
  token: string,
): Promise<CallerReport> {
  // Uses the server's current response, not one that another process has stored.
  const authenticator = createIntrospectionAuthenticator<CredentialRequest>(
    { ...options, store: undefined },
    { clock: systemClock, proofs: noProofs },
  );
  // The pause between two attempts does not keep the process alive by itself.
  const alive = setInterval(() => {}, 60_000);
  try {
    const outcome = await authenticator.introspect(token);
    const decision = await authenticator.decide(toRequest(options.tokenSource, token));
    return createCallerReport(decision, {
      middleware,
      kind: 'oAuthIntrospection',
      verifier: options.url.replace(/\?.*/, ''),
      credentialHeader: options.tokenSource.header,
      predicate: options.claims,
      claimsOf: () => (outcome.kind === 'active' ? outcome.claims : undefined),
    });
  } finally {
    clearInterval(alive);
    await authenticator.close();
  }
}

/** Exchanges a token, and decides on a request with it exactly as the gateway would. */
export async function explainExchange(
  middleware: string,
  options: ExchangeOptions,
  token: string,
): Promise<CallerReport> {
  const authenticator = createExchangeAuthenticator<CredentialRequest>(
    { ...options, store: undefined },
    { clock: systemClock, proofs: noProofs },
  );
  const alive = setInterval(() => {}, 60_000);
  try {
    const outcome = await authenticator.exchange(token);
    const decision = await authenticator.decide(toRequest(options.tokenSource, token));
    return createCallerReport(decision, {
      middleware,
      kind: 'oAuthTokenExchange',
      verifier: options.url.replace(/\?.*/, ''),
      credentialHeader: undefined,
      predicate: options.claims,
      claimsOf: () => (outcome.kind === 'exchanged' ? outcome.claims : undefined),
    });
  } finally {
    clearInterval(alive);
    await authenticator.close();
  }
}

/** Decides on a request with an API key exactly as the gateway would. @param key as callers send it. */
export async function explainApiKey(
  middleware: string,
  options: ApiKeyOptions,
  key: string,
): Promise<CallerReport> {
  const [clock, cache] = [systemClock, createTokenCache({ clock: systemClock })];
  const compile = apiKey.createCompile({ clock, cache, stores: createStores({ clock }) });
  const step = compile(options, middleware);
  try {
    // The middleware reads only these parts of a request: the header or query with the key, and the source that takes turns when
    // keys wait to be checked.
    const facts = { trusted: false, rawHeaders: [], remoteAddress: '127.0.0.1' } as unknown as RequestFacts;
    const result = await step.onRequest({ ...toRequest(options.keySource, key), facts } as StepRequest);
    return createCallerReport(result, {
      middleware,
      kind: 'apiKey',
      verifier: 'secretValues and keys',
      credentialHeader: options.keySource.header,
      predicate: options.claims,
      claimsOf: (clientId) => options.keys.find(({ id }) => id === clientId)?.claims,
    });
  } finally {
    await step.close?.();
  }
}

function toRequest({ header, schemes, query, cookie }: SourceOptions, credential: string): CredentialRequest {
  const value = schemes[0] === undefined ? credential : `${schemes[0]} ${credential}`;
  const headers = new Map<string, string>();
  if (header !== undefined) headers.set(header.toLowerCase(), value);
  else if (query === undefined) headers.set('cookie', `${cookie ?? ''}=${credential}`);
  return {
    authorization: headers.get('authorization'),
    target:
      header === undefined && query !== undefined ? `/?${query}=${encodeURIComponent(credential)}` : '/',
    header: (name) => headers.get(name),
  };
}

interface CallerReportParts extends Pick<CallerReport, 'middleware' | 'kind' | 'verifier'> {
  /** The header in which the server receives the credential; undefined: `Authorization`. */
  readonly credentialHeader: string | undefined;
  readonly predicate: string | undefined;
  readonly claimsOf: (clientId: string | undefined) => Claims | undefined;
}

type CallerDecision = Exclude<StepResult, { readonly response: unknown }>;

function createCallerReport(
  result: StepResult,
  { credentialHeader = 'authorization', predicate, claimsOf, ...parts }: CallerReportParts,
): CallerReport {
  if ('response' in result) throw new TypeError('the middleware does not decide');
  const decision: CallerDecision = result;
  const subject: Subject | undefined = decision.allowed ? decision.subject : undefined;
  const clientId = decision.allowed ? subject?.clientId : decision.clientId;
  const claims = claimsOf(clientId);
  const explained =
    predicate === undefined || claims === undefined ? undefined : explainClaims(predicate, claims);
  return {
    ...parts,
    refusal: decision.allowed ? undefined : toRefusal(decision),
    clientId,
    username: subject && (subject.username ?? subject.clientId),
    claims,
    calls: explained?.ok === true ? explained.calls : [],
    headers: decision.allowed ? toShownHeaders(decision.setHeaders, credentialHeader) : [],
  };
}

const toRefusal = ({ status, code, detail, reason }: CallerRefusal): CallerRefusal => ({
  status,
  code,
  detail,
  ...(reason !== undefined && { reason }),
});

/** The report as text. */
export function formatCallerReport(report: CallerReport, style: Style): string {
  const { middleware, kind, verifier, refusal, clientId, username, claims, calls, headers } = report;
  const parts = [
    `${style.strong(middleware)}  ${kind}, ${verifier}\n`,
    refusal === undefined
      ? `${style.good('allowed')}\n`
      : `${style.bad('refused')}  ${refusal.status} ${refusal.code}: ${refusal.reason ?? refusal.detail}\n`,
  ];
  if (clientId !== undefined)
    parts.push(
      `\n${style.strong('client')}  ${clientId}${username === undefined ? '' : `, user ${username}`}\n`,
    );
  if (claims !== undefined) parts.push(formatClaims(claims, style));
  parts.push(formatPredicate(calls, style), formatHeaders(headers, style));
  return parts.join('');
}

/** The report as JSON, in which every number of the claims is written as in the response. */
export function callerReportToJson({ claims, headers, ...report }: CallerReport): string {
  const fields = JSON.stringify({
    ...report,
    allowed: report.refusal === undefined,
    headers: Object.fromEntries(headers),
  });
  return claims === undefined ? fields : `${fields.slice(0, -1)},"claims":${claimJson(claims)}}`;
}
