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

/** A mention of another entry in an entry, checked when everything has been read. */
export interface Mention {
  readonly in: { readonly kind: EntryKind; readonly name: string };
  readonly of: {
    readonly kind: MentionedKind;
    readonly name: string;
    /** The Kubernetes object that is meant, `namespace/name`: `a-b/c` and `a/b-c` have one qualified name. */
    readonly object?: string;
    /** Namespace that a Kubernetes object of that name must belong to. Default: any. */
    readonly namespace?: string;
  };
  readonly place: Place;
  readonly path: string;
}

export type EntryKind = 'routers' | 'services' | 'middlewares';
/** Names that an entry may mention. */
export type MentionedKind = 'services' | 'middlewares' | 'tlsOptions' | 'serversTransports';

/** A dynamic configuration while it is being put together. */
export interface Draft {
  readonly routers: Map<string, RouterConfig>;
  readonly services: Map<string, ServiceConfig>;
  readonly middlewares: Map<string, MiddlewareConfig>;
  readonly certificates: CertificateConfig[];
  readonly stores: Map<string, TlsStoreConfig>;
  readonly tlsOptions: Map<string, TlsOptionsConfig>;
  readonly serversTransports: Map<string, ServersTransportConfig>;
  /** Of Kubernetes, as `namespace/name`. */
  secrets: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly unreadSecrets: UnreadSecrets;
  /** `namespace/name` of the Kubernetes object that an entry comes from, by `toObjectKey`. */
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

/** Where `objects` has the Kubernetes object of an entry: names of different kinds may be the same. */
export const toObjectKey = (kind: MentionedKind, name: string): string => `${kind} ${name}`;

/** Notes which Kubernetes object an entry comes from. */
export function noteObject(draft: Draft, kind: MentionedKind, name: string, object: string): void {
  const key = toObjectKey(kind, name);
  if (!draft.objects.has(key)) draft.objects.set(key, object);
}

/** Adds an entry. A second one of the same name breaks both: which of them is meant is not for us to guess. */
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
  // The second router refuses under its own rule too: its requests must not fall to a route that is less guarded.
  if ('rule' in entry)
    for (let count = 2; ; count += 1) {
      const name = `${entry.name}#${count}`;
      if (entries.has(name)) continue;
      entries.set(name, { ...entry, name, errors: [...entry.errors, problem] });
      break;
    }
}
