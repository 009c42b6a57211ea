import { allowInsecureRequests, customFetch, discoveryRequest } from 'oauth4webapi';
import type { Clock } from '../../base/clock.ts';
import type { Secret } from '../../base/secret.ts';
import { toFailedAttempt } from '../attempt.ts';
import { toShownText } from '../error-response.ts';
import { createTokenFailure, type TokenFailure } from '../failure.ts';
import type { Attempt } from '../retry.ts';
import { parseRetryAfter } from '../retry-after.ts';
import type { Transport } from '../transport.ts';
import { readMetadata, type MetadataRules, type ServerMetadata } from './metadata.ts';

/** How the metadata of an issuer is requested. */
export interface MetadataRequest extends MetadataRules {
  /** Additional headers, without those that the gateway itself sets. */
  readonly headers: Readonly<Record<string, Secret>>;
  /** Time limit of each request in milliseconds, including the connection. */
  readonly timeoutMs: number;
}

/** Metadata and the time for which they may be used. */
export interface FreshMetadata {
  readonly kind: 'fresh';
  readonly metadata: ServerMetadata;
  readonly lifetimeMs: number;
}

/** URLs of the metadata, in the order of the requests (RFC 8414 section 3.1, OpenID Connect Discovery 1.0 section 4). */
const places = [
  { algorithm: 'oauth2', name: 'oauth-authorization-server' },
  { algorithm: 'oidc', name: 'openid-configuration' },
] as const;
type MetadataLocation = (typeof places)[number];

/** Minimum length of a header value that is withheld from problems. */
const shortestSecret = 6;
/** Maximum length of a problem, for both URLs together. */
const maxProblemCharacters = 600;

/**
 * Requests the metadata of an issuer once: at the well-known URL of RFC 8414, and at that of OpenID Connect when the response to the first
 * request is not metadata of this issuer. A failed connection ends the attempt, because the next one would fail too.
 */
export async function requestMetadata(
  request: MetadataRequest,
  transport: Transport,
  clock: Clock,
): Promise<Attempt<FreshMetadata>> {
  const faults: MetadataFault[] = [];
  for (const place of places) {
    const result = await requestDocument(place, request, transport, clock);
    if (result.kind === 'fresh') return { outcome: result, transient: false };
    faults.push(result);
    if (result.response === undefined) break;
  }
  // A transient fault is retried. Otherwise an invalid document is more informative than a missing one.
  const [fault] = [...faults].sort((a, b) => rankOf(a) - rankOf(b));
  if (fault === undefined) throw new TypeError('no place was tried');
  return toAttempt(fault, describeFaults(faults, request));
}

/** The reason why one URL has no valid metadata. */
interface MetadataFault {
  readonly kind: 'fault';
  readonly place: MetadataLocation;
  readonly failure: TokenFailure;
  readonly transient: boolean;
  /** Undefined without a response. */
  readonly response: { readonly status: number; readonly problem: string } | undefined;
}

const rankOf = ({ transient, failure }: MetadataFault): number =>
  transient ? 0 : failure.reason === 'response_invalid' ? 1 : 2;

async function requestDocument(
  place: MetadataLocation,
  request: MetadataRequest,
  transport: Transport,
  clock: Clock,
): Promise<FreshMetadata | MetadataFault> {
  const limit = new AbortController();
  const timer = clock.after(request.timeoutMs, () => limit.abort());
  try {
    const issuer = new URL(request.issuer);
    const response = await discoveryRequest(issuer, {
      algorithm: place.algorithm,
      headers: { 'user-agent': 'grantgate', ...revealAll(request.headers) },
      // Options validation warns of http.
      [allowInsecureRequests]: issuer.protocol === 'http:',
      [customFetch]: (url, { headers }) => transport.get(url, headers, limit.signal),
    });
    return await readDocument(place, response, request, clock);
  } catch (error) {
    const failed = toFailedAttempt(error, 'the issuer', limit.signal.aborted ? request.timeoutMs : undefined);
    const isUnusable = failed.outcome.reason === 'response_invalid';
    const response = isUnusable ? { status: 200, problem: failed.outcome.detail } : undefined;
    return { kind: 'fault', place, failure: failed.outcome, transient: failed.transient, response };
  } finally {
    timer.cancel();
  }
}

async function readDocument(
  place: MetadataLocation,
  response: Response,
  rules: MetadataRules,
  clock: Clock,
): Promise<FreshMetadata | MetadataFault> {
  const { status, headers } = response;
  const toFault = (failure: TokenFailure, problem: string, transient = false): MetadataFault => ({
    kind: 'fault',
    place,
    failure,
    transient,
    response: { status, problem },
  });
  if (status >= 400) {
    const retryAfterSeconds = parseRetryAfter(headers.get('retry-after'), clock.now());
    const detail = `the issuer responded with ${status} to the request for its metadata`;
    const failure = createTokenFailure('unavailable', detail, { retryAfterSeconds, isLocal: true });
    return toFault(failure, `responded with ${status}`, isTransient(status));
  }
  const invalid = createTokenFailure('response_invalid', 'the metadata of the issuer is invalid', {
    isLocal: true,
  });
  if (status !== 200) return toFault(invalid, `responded with ${status}, expected 200`);
  const metadata = readMetadata(parseJson(await response.text()), rules);
  if (metadata.kind === 'problem') return toFault(invalid, metadata.text);
  return Object.freeze({ kind: 'fresh', metadata, lifetimeMs: readLifetimeMs(headers) });
}

const isTransient = (status: number): boolean => status >= 500 || status === 408 || status === 429;

/** The JSON value; undefined when the text is not JSON. `text` has dropped a byte order mark. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const defaultLifetimeMs = 3_600_000;
/**
 * Minimum time for which metadata are used, in milliseconds, so that they are not requested for each token if the server
 * forbids caching.
 */
export const leastLifetimeMs = 300_000;
const longestLifetimeMs = 86_400_000;

/** The time for which a document may be used (RFC 9111 section 5.2.2.1), within fixed bounds. */
export function readLifetimeMs(headers: Headers): number {
  const control = headers.get('cache-control') ?? '';
  if (/(?:^|[\s,])no-(?:store|cache)\b/i.test(control)) return leastLifetimeMs;
  const [, seconds] = /(?:^|[\s,])max-age\s*=\s*"?(\d+)/i.exec(control) ?? [];
  if (seconds === undefined) return defaultLifetimeMs;
  return Math.min(longestLifetimeMs, Math.max(leastLifetimeMs, Number(seconds) * 1000));
}

function toAttempt({ failure, transient, response }: MetadataFault, problem: string): Attempt<FreshMetadata> {
  const { reason, detail, retryAfterSeconds } = failure;
  const shown =
    response && Object.freeze({ status: response.status, error: undefined, errorDescription: undefined, problem });
  const known = { retryAfterSeconds, response: shown, isLocal: true };
  return { outcome: createTokenFailure(reason, detail, known), transient };
} // prettier-ignore

function describeFaults(faults: readonly MetadataFault[], { headers }: MetadataRequest): string {
  const text = faults
    .map(({ place, failure, response }) => `${place.name}: ${response?.problem ?? failure.detail}`)
    .join('; ');
  // A server may echo what it received. A short value, such as a version, is not a secret and may occur in any text.
  const secrets = Object.values(headers)
    .map((value) => value.reveal())
    .filter(({ length }) => length >= shortestSecret);
  if (secrets.some((secret) => text.includes(secret))) return '(withheld: the text repeats a header)';
  return toShownText(text, maxProblemCharacters) ?? '';
}

export function revealAll(headers: Readonly<Record<string, Secret>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value.reveal()]),
  );
}
