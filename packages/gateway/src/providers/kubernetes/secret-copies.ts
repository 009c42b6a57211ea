import type { UnreadSecrets } from '../../config/dynamic.ts';
import type { Copy, OpenCopy } from './copy.ts';
import { isSettled } from './copy.ts';
import type { KeptObject } from './documents.ts';
import { toSecretSelection, toSecretsSelection } from './selection.ts';

/** Copies of the Secrets that Middlewares refer to, each by its name or many of a namespace together. */
export interface SecretCopies {
  /** Begins to follow what is wanted by now, `namespace/name`, and lets go of everything else. */
  follow(wanted: ReadonlySet<string>): void;
  /** By `namespace/name`; none but those that are wanted. */
  items(): ReadonlyMap<string, KeptObject>;
  /** Those that are wanted and of which nobody knows whether they are there. */
  unread(): UnreadSecrets;
  /** Those of them that have neither been read nor are refused: waiting helps. */
  unsettled(): readonly string[];
  /** Every copy whose fault is one of the configuration. */
  copies(): readonly Copy[];
  close(): void;
}

/** All Secrets of a namespace in one list and one watch; of them, those that were wanted when it began are kept. */
interface Together {
  readonly copy: Copy;
  readonly covered: Set<string>;
}

interface Namespace {
  /** By `namespace/name`. */
  readonly single: Map<string, Copy>;
  together: Together | undefined;
  /** Takes the place of `together`, and of single ones, when it has been read. */
  next: Together | undefined;
  /** A role allows Secrets by their names alone. */
  byNameOnly: boolean;
}

/** @param threshold of Secrets of one namespace: when more are wanted, its Secrets are read together if a role allows it. */
export function createSecretCopies(open: OpenCopy, threshold: number): SecretCopies {
  const namespaces = new Map<string, Namespace>();
  let wanted: ReadonlySet<string> = new Set();
  const openTogether = (namespace: string, names: readonly string[]): Together => {
    const covered = new Set(names);
    // Whether a role allows it is known at once: single ones are the way out.
    const copy = open(toSecretsSelection(namespace), { only: covered, believeAfter: 1 });
    return { copy, covered };
  };
  const followNamespace = (name: string, namespace: Namespace, names: readonly string[]): void => {
    promote(namespace);
    leaveRefused(namespace);
    forget(namespace, new Set(names));
    const { together, next, single } = namespace;
    const left = names.filter((key) => together?.covered.has(key) !== true || namespace.byNameOnly);
    if (next === undefined && !namespace.byNameOnly && left.length > threshold) {
      namespace.next = openTogether(name, names);
      return;
    }
    for (const key of left)
      if (!single.has(key) && next?.covered.has(key) !== true) single.set(key, open(toSecretSelection(key)));
  };
  const copyOf = (key: string): Copy | undefined => {
    const { single, together, next } = namespaces.get(namespaceOf(key)) ?? {};
    const own = single?.get(key);
    if (own !== undefined) return own;
    return together?.covered.has(key) === true ? together.copy : next?.copy;
  };
  return {
    follow(now) {
      wanted = now;
      const byNamespace = new Map<string, string[]>(Array.from(namespaces.keys(), (name) => [name, []]));
      for (const key of wanted) {
        const name = namespaceOf(key);
        const names = byNamespace.get(name);
        if (names === undefined) byNamespace.set(name, [key]);
        else names.push(key);
      }
      for (const [name, names] of byNamespace) {
        let namespace = namespaces.get(name);
        if (namespace === undefined)
          namespaces.set(
            name,
            (namespace = { single: new Map(), together: undefined, next: undefined, byNameOnly: false }),
          );
        followNamespace(name, namespace, names);
        if (names.length === 0) namespaces.delete(name);
      }
    },
    items() {
      const found = new Map<string, KeptObject>();
      for (const { single, together } of namespaces.values())
        for (const { reflector } of [...(together === undefined ? [] : [together.copy]), ...single.values()])
          for (const [key, item] of reflector.items) if (wanted.has(key)) found.set(key, item);
      return found;
    },
    unread() {
      const unread = new Map<string, 'pending' | 'forbidden'>();
      for (const key of wanted) {
        const copy = copyOf(key);
        if (copy?.reflector.isSynced() === true) continue;
        unread.set(key, copy !== undefined && isSettled(copy) ? 'forbidden' : 'pending');
      }
      return unread;
    },
    unsettled: () =>
      Array.from(wanted).filter((key) => {
        const copy = copyOf(key);
        return copy === undefined || !isSettled(copy);
      }),
    copies: () =>
      Array.from(namespaces.values()).flatMap(({ single, together, next, byNameOnly }) => [
        ...single.values(),
        ...(together !== undefined && !byNameOnly ? [together.copy] : []),
        ...(next === undefined ? [] : [next.copy]),
      ]),
    close() {
      for (const namespace of namespaces.values()) forget(namespace, new Set());
    },
  };
}

const namespaceOf = (key: string): string => key.slice(0, key.indexOf('/'));

/** What has been read together takes the place of what was read before. */
function promote(namespace: Namespace): void {
  const { next, together, single } = namespace;
  if (next?.copy.reflector.isSynced() !== true) return;
  together?.copy.reflector.close();
  namespace.together = next;
  namespace.next = undefined;
  for (const key of next.covered) close(single, key);
}

/** A role does not allow it, or not any more: what has been read stands until each Secret is followed by its name. */
function leaveRefused(namespace: Namespace): void {
  const { next, together, single } = namespace;
  if (next?.copy.reflector.fault()?.kind === 'forbidden') {
    next.copy.reflector.close();
    namespace.next = undefined;
    namespace.byNameOnly = true;
  }
  if (together === undefined) return;
  if (together.copy.reflector.fault()?.kind === 'forbidden') namespace.byNameOnly = true;
  if (!namespace.byNameOnly) return;
  if (![...together.covered].every((key) => single.get(key)?.reflector.isSynced() === true)) return;
  together.copy.reflector.close();
  namespace.together = undefined;
}

function forget({ single, together, next }: Namespace, wanted: ReadonlySet<string>): void {
  for (const key of single.keys()) if (!wanted.has(key)) close(single, key);
  for (const both of [together, next])
    for (const key of both?.covered ?? []) {
      if (wanted.has(key)) continue;
      both?.covered.delete(key);
      both?.copy.reflector.drop(key);
    }
  if (wanted.size > 0) return;
  together?.copy.reflector.close();
  next?.copy.reflector.close();
}

function close(single: Map<string, Copy>, key: string): void {
  single.get(key)?.reflector.close();
  single.delete(key);
}
