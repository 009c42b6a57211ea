import type { Copy, OpenCopy } from './copy.ts';
import type { ClusterObject } from './documents.ts';
import type { Resource } from './resources.ts';
import { toNamedSelection } from './selection.ts';

/** Copies of the Secrets, or the ConfigMaps, of one namespace, by `namespace/name`. */
export interface NamespaceSecrets {
  /** Starts to follow the objects that are wanted now, and stops following all others. */
  follow(wanted: ReadonlySet<string>): void;
  /** Undefined for an object that is absent or unread. */
  find(name: string): ClusterObject | undefined;
  /** The copy of the object itself, or that of the namespace. */
  copyOf(name: string): Copy | undefined;
  /** Every copy with a fault in the configuration. */
  copies(): readonly Copy[];
  close(): void;
}

/** All Secrets of a namespace in one list and one watch; keeps those that were wanted when it started. */
interface NamespaceCopy {
  readonly copy: Copy;
  readonly covered: Set<string>;
}

interface NamespaceState {
  readonly single: Map<string, Copy>;
  together: NamespaceCopy | undefined;
  /** Replaces `together` and single copies once it has been read. */
  next: NamespaceCopy | undefined;
  /** A role allows Secrets only by name. */
  byNameOnly: boolean;
}

/** @param threshold number of Secrets above which they are read together if a role allows it. */
export function createNamespaceSecrets(
  { resource, namespace }: { readonly resource: Resource; readonly namespace: string },
  open: OpenCopy,
  threshold: number,
): NamespaceSecrets {
  const state: NamespaceState = {
    single: new Map(),
    together: undefined,
    next: undefined,
    byNameOnly: false,
  };
  const { single } = state;
  const openTogether = (names: ReadonlySet<string>): NamespaceCopy => {
    const covered = new Set(names);
    // The outcome is known at once; if a role does not allow it, each Secret is followed separately.
    const copy = open({ resource, namespace }, { only: covered, believeAfter: 1 });
    return { copy, covered };
  };
  return {
    follow(wanted) {
      promote(state);
      leaveRefused(state);
      forget(state, wanted);
      const { together, next, byNameOnly } = state;
      const left = Array.from(wanted).filter((key) => together?.covered.has(key) !== true || byNameOnly);
      if (next === undefined && !byNameOnly && left.length > threshold) {
        state.next = openTogether(wanted);
        return;
      }
      for (const key of left)
        if (!single.has(key) && next?.covered.has(key) !== true)
          single.set(key, open(toNamedSelection(resource, key)));
    },
    find: (key) => single.get(key)?.reflector.items.get(key) ?? state.together?.copy.reflector.items.get(key),
    copyOf(key) {
      const { together, next } = state;
      return single.get(key) ?? (together?.covered.has(key) === true ? together.copy : next?.copy);
    },
    copies() {
      const { together, next, byNameOnly } = state;
      return [
        ...single.values(),
        ...(together !== undefined && !byNameOnly ? [together.copy] : []),
        ...(next === undefined ? [] : [next.copy]),
      ];
    },
    close() {
      for (const key of single.keys()) close(single, key);
      state.together?.copy.reflector.close();
      state.next?.copy.reflector.close();
    },
  };
}

/** Copies of a joint read replace earlier ones. */
function promote(state: NamespaceState): void {
  const { next, together, single } = state;
  if (next?.copy.reflector.isSynced() !== true) return;
  together?.copy.reflector.close();
  state.together = next;
  state.next = undefined;
  for (const key of next.covered) close(single, key);
}

/** A role does not allow it, or no longer does: the last values stay until each Secret is followed by name. */
function leaveRefused(state: NamespaceState): void {
  const { next, together, single } = state;
  if (next?.copy.reflector.fault()?.kind === 'forbidden') {
    next.copy.reflector.close();
    state.next = undefined;
    state.byNameOnly = true;
  }
  if (together === undefined) return;
  if (together.copy.reflector.fault()?.kind === 'forbidden') state.byNameOnly = true;
  if (!state.byNameOnly) return;
  if (![...together.covered].every((key) => single.get(key)?.reflector.isSynced() === true)) return;
  together.copy.reflector.close();
  state.together = undefined;
}

function forget({ single, together, next }: NamespaceState, wanted: ReadonlySet<string>): void {
  for (const key of single.keys()) if (!wanted.has(key)) close(single, key);
  for (const both of [together, next])
    for (const key of both?.covered ?? []) {
      if (wanted.has(key)) continue;
      both?.covered.delete(key);
      both?.copy.reflector.drop(key);
    }
}

function close(single: Map<string, Copy>, key: string): void {
  single.get(key)?.reflector.close();
  single.delete(key);
}
