import type { Clock } from '@grantgate/middleware/base/clock';
import type { Document } from '../../config/document.ts';
import type { KubernetesProviderConfig } from '../../config/install.ts';
import type { ObjectName, Problem } from '../../config/place.ts';
import type { ApiClient } from './client.ts';
import type { KeptObject } from './documents.ts';
import { createKeep } from './documents.ts';
import type { ApiFault } from './fault.ts';
import { isLasting } from './fault.ts';
import { toFaultProblem } from './fault-problem.ts';
import type { Reflector } from './reflector.ts';
import { createReflector } from './reflector.ts';
import type { Resource } from './resources.ts';
import { resources } from './resources.ts';
import { createSelect } from './select.ts';
import type { Selection } from './selection.ts';
import { selectionsOf, toSecretSelection } from './selection.ts';

export interface MirrorOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  /** Something is different: documents, faults, or what is known. */
  readonly onChange: () => void;
  readonly random: () => number;
}

/** A copy of all that is read of a cluster, which follows it. */
export interface Mirror {
  documents(): readonly Document[];
  /** What keeps the copy from being whole. */
  problems(): readonly Problem[];
  find(object: ObjectName): KeptObject | undefined;
  /** Begins to follow the Secrets that Middlewares refer to by now, and lets go of those that none does any more. */
  followSecrets(): void;
  /** True when everything but Secrets has been read. */
  isSynced(): boolean;
  /** True when everything but Secrets has been read or is refused, so that waiting does not help. */
  isSettled(): boolean;
  /** The Secrets that have neither been read nor are refused. */
  unsettledSecrets(): readonly string[];
  /** Why the API server is not available; undefined while it is. */
  fault(): ApiFault | undefined;
  close(): void;
}

interface Copy {
  readonly selection: Selection;
  readonly reflector: Reflector<KeptObject>;
}

export function createMirror(
  config: KubernetesProviderConfig,
  { client, clock, onChange, random }: MirrorOptions,
): Mirror {
  const keep = createKeep(config);
  const { findSecrets, selectDocuments } = createSelect();
  const copy = (selection: Selection): Copy => ({
    selection,
    reflector: createReflector({
      client,
      selection,
      clock,
      random,
      keep: (object, before) => keep(selection.resource, object, before),
      onChange,
      onState: onChange,
    }),
  });
  const copies = selectionsOf(config).map(copy);
  /** By `namespace/name`. */
  const secrets = new Map<string, Copy>();
  const all = (): readonly Copy[] => [...copies, ...secrets.values()];
  const of = (resource: Resource): readonly KeptObject[] =>
    all().flatMap(({ selection, reflector }) =>
      selection.resource === resource ? [...reflector.items.values()] : [],
    );
  return {
    documents: () =>
      selectDocuments({
        ingressRoutes: of(resources.ingressRoutes),
        middlewares: of(resources.middlewares),
        services: of(resources.services),
        endpointSlices: of(resources.endpointSlices),
        secrets: of(resources.secrets),
      }),
    problems: () =>
      all().flatMap(({ selection, reflector }) => {
        const fault = reflector.fault();
        // A connection that comes and goes is for the log; what was read before stands.
        return fault !== undefined && (isLasting(fault) || !reflector.isSynced())
          ? [toFaultProblem(selection, fault)]
          : [];
      }),
    find({ kind, namespace, name }) {
      for (const { selection, reflector } of all()) {
        const found =
          selection.resource.kind === kind ? reflector.items.get(`${namespace}/${name}`) : undefined;
        if (found !== undefined) return found;
      }
      return undefined;
    },
    followSecrets() {
      const wanted = findSecrets(of(resources.middlewares));
      for (const [name, { reflector }] of secrets) {
        if (wanted.has(name)) continue;
        reflector.close();
        secrets.delete(name);
      }
      for (const name of wanted) if (!secrets.has(name)) secrets.set(name, copy(toSecretSelection(name)));
    },
    isSynced: () => copies.every(({ reflector }) => reflector.isSynced()),
    isSettled: () => copies.every(isSettled),
    unsettledSecrets: () => [...secrets].flatMap(([name, secret]) => (isSettled(secret) ? [] : [name])),
    fault: () =>
      all()
        .map(({ reflector }) => reflector.fault())
        .find((fault) => fault !== undefined && !isLasting(fault)),
    close: () => all().forEach(({ reflector }) => reflector.close()),
  };
}

function isSettled({ reflector }: Copy): boolean {
  const fault = reflector.fault();
  return reflector.isSynced() || (fault !== undefined && isLasting(fault));
}
