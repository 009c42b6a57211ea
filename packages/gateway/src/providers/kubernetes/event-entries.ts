import { createHash } from 'node:crypto';
import type { ObjectName, Problem } from '../../config/place.ts';
import type { ClusterObject } from './documents.ts';

/** Something that is wrong with an object, and its Event. */
export interface EventEntry {
  /** The same in every copy of the gateway, so that they write one Event together. */
  readonly name: string;
  readonly object: ClusterObject;
  readonly note: string;
  /** Times that it was said. */
  count: number;
  /** When it was said last, by the monotonic clock; undefined: not yet. */
  saidAt: number | undefined;
  /** Not written before: it may be gone by then, or was rejected as it is. */
  notBefore: number;
}

/** Of one object; the log has the rest. */
const maxPerObject = 10;
const maxEntries = 1000;
/** Kinds whose authors can mend what is wrong. */
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
/** Characters of a note: 1024 bytes at most, whatever they are. */
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
      // Nobody who reads the Event can do anything about it.
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
    // A name of an object has 253 characters at most, and each part between dots ends with a letter or a digit.
    const name = `${object.name.slice(0, 200).replace(/[-.]+$/, '')}.${hash}`;
    entries.set(name, before.get(name) ?? { name, object, note, count: 0, saidAt: undefined, notBefore });
  }
  return entries;
}

const truncate = (text: string): string => (text.length > maxNote ? `${text.slice(0, maxNote - 1)}…` : text);
