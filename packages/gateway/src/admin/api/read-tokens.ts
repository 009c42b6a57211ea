import { decodeJwtPayload } from '@grantgate/middleware/base/jwt';
import { parseClaims } from '@grantgate/middleware/claims/parse';
import type { CachedToken } from '@grantgate/middleware/cache/token-cache';
import { compareKeys } from './paging.ts';
import type { ProcessSource } from './process-source.ts';
import type { TokenMiddlewareReading, TokenQuery, TokenRow, TokensReading } from './questions.ts';
import { redactUrl } from './redact.ts';
import type { TokenView } from './shapes.ts';
import { toShownName } from './shown-name.ts';

/** Cached tokens of this process, without any part of their values. */
export interface TokenReader {
  find(query: TokenQuery): TokensReading;
  byMiddleware(): readonly TokenMiddlewareReading[];
  /** Total over all credentials; up to five seconds old. */
  ids(): Float64Array;
}

/** Milliseconds for which the counts of every overview are cached, because counting 100,000 tokens takes time. */
const keptForMs = 5_000;

export function createTokenReader(source: ProcessSource): TokenReader {
  const { cache, clock } = source;
  let last: { readonly at: number; readonly ids: Float64Array } | undefined;
  const isValid = ({ expiresAtMs }: CachedToken): boolean => expiresAtMs > clock.monotonic();
  const collect = (
    fits: (token: CachedToken) => boolean,
    show?: (token: CachedToken) => void,
  ): Float64Array => {
    const ids: number[] = [];
    cache.forEach((token) => {
      if (!isValid(token) || !fits(token)) return;
      ids.push(toId(token));
      show?.(token);
    });
    return Float64Array.from(ids);
  };
  return {
    ids() {
      const now = clock.monotonic();
      if (last === undefined || now - last.at >= keptForMs) last = { at: now, ids: collect(() => true) };
      return last.ids;
    },
    byMiddleware: () => readByMiddleware(source, collect),
    find(query) {
      const names = namesByProfile(source);
      const first = createFirst(query);
      const ids = collect(
        (token) => fitsQuery(token, query, names.get(token.profile)),
        (token) => first.add(token),
      );
      const rows = first.sorted().map((token): TokenRow => ({
        id: toId(token),
        key: toSortKey(token, query.sortBy),
        view: toView(token, names.get(token.profile) ?? [], source),
      }));
      return { ids, rows: rows.map((row) => ({ ...row, key: toComparable(row, query.sortBy) })) };
    },
  };
}

/** Equal for one token in all processes, and useless for guessing the token. */
function toId({ clientId, token: { value } }: CachedToken): number {
  let [high, low] = [0x9e3779b9, 0x85ebca6b];
  // Tokens differ at their end: a signature, or random characters.
  for (const text of [clientId, value.slice(-64)])
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      high = Math.imul(high ^ code, 0x9e3779b1);
      low = Math.imul(low ^ code, 0x5f356495);
    }
  high = Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35);
  low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35);
  return (high & 0x1fffff) * 0x100000000 + (low >>> 0);
}

/** Middlewares by the profile of their tokens. */
function namesByProfile({ cache, tallies }: ProcessSource): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  const profiles = cache.profiles();
  for (const [tally, middlewares] of tallies()) {
    const profile = profiles.get(tally);
    if (profile !== undefined) names.set(profile, [...(names.get(profile) ?? []), ...middlewares].sort());
  }
  return names;
}

const fitsQuery = (
  { clientId, token }: CachedToken,
  { search, clientId: wanted, middleware, source }: TokenQuery,
  names: readonly string[] = [],
): boolean =>
  (wanted === undefined || clientId === wanted) &&
  (search === '' || clientId.toLowerCase().includes(search)) &&
  (middleware === undefined || names.includes(middleware) || names.includes(`${middleware}@file`)) &&
  (source === undefined || toSource(token.type) === source);

/** A token from a store has no type. */
const toSource = (type: string | undefined): TokenView['source'] =>
  type === undefined ? 'store' : 'authorizationServer';

function toSortKey(token: CachedToken, sortBy: TokenQuery['sortBy']): string | number {
  switch (sortBy) {
    case 'clientID':
      return token.clientId;
    case 'obtainedAt':
      return token.token.obtainedAtMs;
    case 'refreshAt':
      return token.refreshAtMs;
    case 'expiresAt':
      return token.expiresAtMs;
  }
}

/** Converts times of one process's monotonic clock to times that processes share. */
function toComparable({ view, key }: TokenRow, sortBy: TokenQuery['sortBy']): string | number {
  if (sortBy === 'clientID') return key;
  const time = view[sortBy];
  return time === null ? Infinity : Date.parse(time);
}

/** Keeps the first items in an order without sorting all of them. */
function createFirst({ count, sortBy, isDescending }: TokenQuery) {
  const sign = isDescending ? -1 : 1;
  let kept: CachedToken[] = [];
  const compare = (a: CachedToken, b: CachedToken): number =>
    sign * compareKeys(toSortKey(a, sortBy), toSortKey(b, sortBy)) || compareKeys(a.clientId, b.clientId);
  const shorten = (): void => {
    kept = kept.sort(compare).slice(0, count);
  };
  return {
    add(token: CachedToken) {
      kept.push(token);
      if (kept.length >= 2 * count + 1_000) shorten();
    },
    sorted(): readonly CachedToken[] {
      shorten();
      return kept;
    },
  };
}

/** Maximum number of claim names to show. */
const maxClaims = 100;

function toView(
  { clientId, token, expiresAtMs, refreshAtMs, failedRefreshes }: CachedToken,
  middlewares: readonly string[],
  { clock }: Pick<ProcessSource, 'clock'>,
): TokenView {
  const toTime = (ms: number): string => new Date(clock.now() + ms - clock.monotonic()).toISOString();
  const payload = decodeJwtPayload(token.value);
  const claims = payload === undefined ? undefined : parseClaims(payload);
  return {
    clientID: toShownName(clientId),
    middlewares: [...middlewares],
    obtainedAt: toTime(token.obtainedAtMs),
    expiresAt: toTime(expiresAtMs),
    refreshAt: Number.isFinite(refreshAtMs) ? toTime(refreshAtMs) : null,
    failedRefreshes,
    source: toSource(token.type),
    format: claims === undefined ? 'opaque' : 'jwt',
    claims: claims === undefined ? [] : Object.keys(claims).slice(0, maxClaims).map(toShownName),
  };
}

function readByMiddleware(
  source: ProcessSource,
  collect: (fits: (token: CachedToken) => boolean) => Float64Array,
): readonly TokenMiddlewareReading[] {
  const { cache, configuration } = source;
  const profiles = cache.profiles();
  const failing = cache.failingRenewals();
  const lookUps = source.lookUps();
  const steps = configuration()?.prepared.steps;
  const idsByProfile = new Map<string, Float64Array>();
  return [...source.tallies()].flatMap(([tally, names]) => {
    const profile = profiles.get(tally);
    if (profile === undefined) return [];
    const cached = idsByProfile.get(profile) ?? collect((token) => token.profile === profile);
    idsByProfile.set(profile, cached);
    const counts = names.map((name) => lookUps.get(name)).find((found) => found !== undefined) ?? tally;
    return names.map((middleware) => ({
      middleware,
      endpoint: toEndpointName(steps?.get(middleware)?.options),
      cached,
      memory: counts.memory,
      store: counts.store,
      server: counts.server,
      failingRenewals: failing.get(tally) ?? 0,
    }));
  });
}

/** Token endpoint, or issuer. */
function toEndpointName(options: object | undefined): string {
  const { url, issuer } = (options ?? {}) as { readonly url?: unknown; readonly issuer?: unknown };
  return redactUrl(typeof url === 'string' ? url : typeof issuer === 'string' ? issuer : '');
}
