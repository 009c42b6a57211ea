import { createHash } from 'node:crypto';
import type { ObjectName, Problem } from '../../config/place.ts';
import type { ClusterObject } from './documents.ts';

/** A problem of an object with its Event. */
export interface EventEntry {
  /** Equal in all replicas of the gateway, so that they write one Event together. */
  readonly name: string;
  readonly object: ClusterObject;
  readonly note: string;
  /** Number of occurrences. */
  count: number;
  /** Time of the last report by the monotonic clock; undefined: not reported yet. */
  saidAt: number | undefined;
  /** Earliest time to write it: by then it may be resolved, or it was rejected in its current form. */
  notBefore: number;
}

/** Maximum number of problems per object; the log has the rest. */
const maxPerObject = 10;
const maxEntries = 1000;
/** Kinds whose authors can fix problems. */
const reportedKinds: ReadonlySet<string> = new Set([
  'IngressRoute',
  'Middleware',
  'TLSOption',
  'TLSStore',
  'ServersTransport',
  'TraefikService',
  'Ingress',
  'Gateway',
  'HTTPRoute',
]);
/** Maximum length of a note in characters, which keeps it below 1024 bytes. */
const maxNote = 250;

/** The current problems; a problem that existed before keeps its count. */
export function collectEntries(
  problems: readonly Problem[],
  find: (object: ObjectName) => ClusterObject | undefined,
  before: ReadonlyMap<string, EventEntry>,
  notBefore: number,
): ReadonlyMap<string, EventEntry> {
  const entries = new Map<string, EventEntry>();
  const counts = new Map<ClusterObject, number>();
  for (const { severity, place, path, message, code } of problems) {
    if (
      severity !== 'error' ||
      // No reader of the Event could fix it.
      code === 'unread_secret' ||
      place.object === undefined ||
      !reportedKinds.has(place.object.kind)
    )
      continue;
    const object = find(place.object);
    if (object === undefined || entries.size >= maxEntries) continue;
    const count = counts.get(object) ?? 0;
    if (count >= maxPerObject) continue;
    counts.set(object, count + 1);
    const note = truncate(`${path === '' ? '' : `${path}: `}${message} [${code}]`);
    const hash = createHash('sha256').update(`${object.uid}\0${note}`).digest('hex').slice(0, 16);
    // Names have at most 253 characters, and each part between dots ends with a letter or a digit.
    const name = `${object.name.slice(0, 200).replace(/[-.]+$/, '')}.${hash}`;
    entries.set(name, before.get(name) ?? { name, object, note, count: 0, saidAt: undefined, notBefore });
  }
  return entries;
}

const truncate = (text: string): string => (text.length > maxNote ? `${text.slice(0, maxNote - 1)}…` : text);
