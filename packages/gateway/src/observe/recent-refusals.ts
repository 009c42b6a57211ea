import { toShownClientId } from '../pipeline/client-id.ts';
import type { Refusal } from '../middlewares/refusal.ts';
import type { RequestRecord } from '../pipeline/record.ts';
import type { RecentRefusal } from '../admin/api/shapes.ts';
import { toClientHost, toLoggedTarget } from './logged-values.ts';

/** The last refusals, for the API. */
export interface RecentRefusals {
  readonly note: (record: RequestRecord, refusal: Refusal) => void;
  /** Latest first. */
  list(): readonly RecentRefusal[];
}

/** Maximum characters of a text chosen by a caller. */
const maxCharacters = 1_000;
const shorten = (text: string): string =>
  text.length <= maxCharacters ? text : `${text.slice(0, maxCharacters - 3)}...`;

/** Keeps a bounded number of refusals, each of a bounded size. @param count 1 or more. */
export function createRecentRefusals(count: number): RecentRefusals {
  const kept: RecentRefusal[] = [];
  let next = 0;
  return {
    note(record, refusal) {
      kept[next] = toRecentRefusal(record, refusal);
      next = (next + 1) % count;
    },
    list: () => [...kept.slice(next), ...kept.slice(0, next)].reverse(),
  };
}

const schemes: ReadonlyMap<string, RecentRefusal['authorization']> = new Map(
  (['basic', 'bearer', 'dpop'] as const).map((scheme) => [scheme, scheme]),
);

/** Returns only known schemes, because any other first word may be a secret. */
const toScheme = (authorization = ''): RecentRefusal['authorization'] =>
  authorization === '' ? null : (schemes.get(authorization.replace(/ .*/s, '').toLowerCase()) ?? 'other');

// Read at once, because the connection of a record may be closed later.
function toRecentRefusal(record: RequestRecord, refusal: Refusal): RecentRefusal {
  const { facts } = record;
  return Object.freeze({
    requestID: shorten(record.requestId),
    at: new Date(record.startedAt + record.durationMs).toISOString(),
    entryPoint: facts.entryPoint,
    router: record.routerName ?? null,
    service: record.serviceName ?? null,
    middleware: refusal.middleware ?? null,
    clientID: refusal.clientId === undefined ? null : toShownClientId(refusal.clientId),
    authorization: toScheme(facts.authorization),
    clientAddress: shorten(toClientHost(facts)),
    method: shorten(facts.method),
    scheme: facts.scheme,
    host: shorten(facts.authority || facts.host),
    path: shorten(toLoggedTarget(record, false)),
    status: record.status,
    code: refusal.code,
    title: refusal.title,
    detail: refusal.detail,
    reason: refusal.reason === undefined ? null : shorten(refusal.reason),
    durationMs: record.durationMs,
  });
}
