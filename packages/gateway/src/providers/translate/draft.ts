import type {
  CertificateConfig,
  ConfigEntry,
  MiddlewareConfig,
  RouterConfig,
  ServersTransportConfig,
  ServiceConfig,
  TlsOptionsConfig,
  TlsStoreConfig,
  UnreadSecrets,
} from '../../config/dynamic.ts';
import type { Place, Problem } from '../../config/place.ts';

/** A reference from one entry to another, checked once everything has been read. */
export interface Mention {
  readonly in: { readonly kind: EntryKind; readonly name: string };
  readonly of: {
    readonly kind: MentionedKind;
    readonly name: string;
    /** The Kubernetes object that it refers to, `namespace/name`: `a-b/c` and `a/b-c` have the same qualified name. */
    readonly object?: string;
    /** Required namespace of a Kubernetes object with that name. Default: any. */
    readonly namespace?: string;
  };
  readonly place: Place;
  readonly path: string;
}

export type EntryKind = 'routers' | 'services' | 'middlewares';
/** Names that an entry may refer to. */
export type MentionedKind = 'services' | 'middlewares' | 'tlsOptions' | 'serversTransports';

/** A dynamic configuration under construction. */
export interface Draft {
  readonly routers: Map<string, RouterConfig>;
  readonly services: Map<string, ServiceConfig>;
  readonly middlewares: Map<string, MiddlewareConfig>;
  readonly certificates: CertificateConfig[];
  readonly stores: Map<string, TlsStoreConfig>;
  readonly tlsOptions: Map<string, TlsOptionsConfig>;
  readonly serversTransports: Map<string, ServersTransportConfig>;
  /** Kubernetes Secrets, by `namespace/name`. */
  secrets: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly unreadSecrets: UnreadSecrets;
  /** `namespace/name` of the Kubernetes object that an entry was derived from, by `toObjectKey`. */
  readonly objects: Map<string, string>;
  readonly mentions: Mention[];
  readonly problems: Problem[];
}

export function createDraft(unreadSecrets: UnreadSecrets = new Map()): Draft {
  return {
    routers: new Map(),
    services: new Map(),
    middlewares: new Map(),
    certificates: [],
    stores: new Map(),
    tlsOptions: new Map(),
    serversTransports: new Map(),
    secrets: new Map(),
    unreadSecrets,
    objects: new Map(),
    mentions: [],
    problems: [],
  };
}

/** Key in `objects` of an entry: names of different kinds may be equal. */
export const toObjectKey = (kind: MentionedKind, name: string): string => `${kind} ${name}`;

/** Records the Kubernetes object that an entry was derived from. */
export function noteObject(draft: Draft, kind: MentionedKind, name: string, object: string): void {
  const key = toObjectKey(kind, name);
  if (!draft.objects.has(key)) draft.objects.set(key, object);
}

/** Adds an entry. A second one with the same name breaks both, because the intended one is unknown. */
export function addEntry<T extends ConfigEntry>(draft: Draft, entries: Map<string, T>, entry: T): void {
  const first = entries.get(entry.name);
  if (first === undefined) {
    entries.set(entry.name, entry);
    return;
  }
  const { file, line, column } = first.place;
  const problem: Problem = {
    severity: 'error',
    place: entry.place,
    code: 'duplicate_name',
    path: entry.name,
    message: `${entry.name} is already defined at ${file}:${line}:${column}: neither is used`,
  };
  draft.problems.push(problem);
  entries.set(entry.name, Object.freeze({ ...first, errors: [...first.errors, problem] }));
  // The second router refuses under its own rule too, so that its requests do not reach a less protected route.
  if ('rule' in entry)
    for (let count = 2; ; count += 1) {
      const name = `${entry.name}#${count}`;
      if (entries.has(name)) continue;
      entries.set(name, { ...entry, name, errors: [...entry.errors, problem] });
      break;
    }
}
