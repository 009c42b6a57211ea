import type { UnreadSecrets } from '../../config/dynamic.ts';
import type { Copy, OpenCopy } from './copy.ts';
import { isSettled } from './copy.ts';
import type { ClusterObject } from './documents.ts';
import type { Resource } from './resources.ts';
import { createNamespaceSecrets, type NamespaceSecrets } from './namespace-secrets.ts';

/** Copies of the Secrets, or the ConfigMaps, that objects refer to: each by name, or many of a namespace together. */
export interface SecretCopies {
  /** Starts to follow the objects that are wanted now, by `namespace/name`, and stops following all others. */
  follow(wanted: ReadonlySet<string>): void;
  /** By `namespace/name`; undefined for an object that is absent or unread. */
  find(name: string): ClusterObject | undefined;
  /** Wanted Secrets that may or may not exist. */
  unread(): UnreadSecrets;
  /** Objects that have neither been read nor are refused, so that waiting helps. */
  unsettled(): readonly string[];
  /** Every copy with a fault in the configuration. */
  copies(): readonly Copy[];
  close(): void;
}

/** @param threshold number of wanted objects of one namespace above which all are read together if a role allows it. */
export function createSecretCopies(resource: Resource, open: OpenCopy, threshold: number): SecretCopies {
  const namespaces = new Map<string, NamespaceSecrets>();
  let wanted = groupByNamespace(new Set());
  /** Wanted Secrets whose copies (undefined for none) satisfy the condition. */
  const select = (isSuch: (copy: Copy | undefined) => boolean): readonly string[] =>
    Array.from(wanted.byNamespace).flatMap(([name, keys]) => {
      const namespace = namespaces.get(name);
      return Array.from(keys).filter((key) => isSuch(namespace?.copyOf(key)));
    });
  return {
    follow(now) {
      // An identical set object has the same names.
      if (now !== wanted.all) wanted = groupByNamespace(now);
      for (const [name, namespace] of namespaces) {
        if (wanted.byNamespace.has(name)) continue;
        namespace.close();
        namespaces.delete(name);
      }
      for (const [name, keys] of wanted.byNamespace) {
        let namespace = namespaces.get(name);
        if (namespace === undefined)
          namespaces.set(
            name,
            (namespace = createNamespaceSecrets({ resource, namespace: name }, open, threshold)),
          );
        namespace.follow(keys);
      }
    },
    find: (key) => namespaces.get(namespaceOf(key))?.find(key),
    unread: () =>
      new Map([
        ...select((copy) => copy?.reflector.isSynced() !== true).map((key) => [key, 'pending'] as const),
        ...select(isForbidden).map((key) => [key, 'forbidden'] as const),
      ]),
    unsettled: () => select((copy) => copy === undefined || !isSettled(copy)),
    copies: () => Array.from(namespaces.values()).flatMap((namespace) => namespace.copies()),
    close() {
      for (const namespace of namespaces.values()) namespace.close();
    },
  };
}

const isForbidden = (copy: Copy | undefined): boolean =>
  copy !== undefined && isSettled(copy) && !copy.reflector.isSynced();

function groupByNamespace(all: ReadonlySet<string>): {
  readonly all: ReadonlySet<string>;
  readonly byNamespace: ReadonlyMap<string, ReadonlySet<string>>;
} {
  const byNamespace = new Map<string, Set<string>>();
  for (const key of all) {
    const keys = byNamespace.get(namespaceOf(key));
    if (keys === undefined) byNamespace.set(namespaceOf(key), new Set([key]));
    else keys.add(key);
  }
  return { all, byNamespace };
}

const namespaceOf = (key: string): string => key.slice(0, key.indexOf('/'));
