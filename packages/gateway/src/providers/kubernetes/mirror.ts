import type { Clock } from '@grantgate/middleware/base/clock';
import type { Document } from '../../config/document.ts';
import type { UnreadSecrets } from '../../config/dynamic.ts';
import type { KubernetesProviderConfig } from '../../config/kubernetes-config.ts';
import type { ObjectName, Problem } from '../../config/place.ts';
import type { ApiClient } from './client.ts';
import type { Copy } from './copy.ts';
import { describeUnread, findOutage, findProblems, isReadOrAbsent, isSettled } from './copy.ts';
import type { ClusterObject } from './documents.ts';
import { createKeep } from './documents.ts';
import type { ApiFault } from './fault.ts';
import { createOpenCopy } from './open-copy.ts';
import type { Resource } from './resources.ts';
import { resources } from './resources.ts';
import { createSecretCopies, type SecretCopies } from './secret-copies.ts';
import type { RouteObjectLists } from './select.ts';
import { createSelect, toRouteLists } from './select.ts';
import { selectionsOf } from './selection.ts';

export interface MirrorOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  /** Called when documents, faults, or the set of read objects has changed. */
  readonly onChange: () => void;
  readonly random: () => number;
}

/** Routes and related objects, in the state of one moment. */
export interface RouteObjects extends RouteObjectLists {
  /** `namespace/name` of each Secret that the objects refer to. */
  readonly secrets: ReadonlySet<string>;
  /** The same for ConfigMaps. */
  readonly configMaps: ReadonlySet<string>;
}

/** A copy of the relevant objects of a cluster that follows changes. */
export interface Mirror {
  routes(): RouteObjects;
  /** Documents of a configuration with these routes, and with the current state of all other objects. */
  documents(routes: RouteObjects): readonly Document[];
  /** The Secrets that these routes refer to, without those that are absent or unread. */
  secrets(routes: RouteObjects): readonly ClusterObject[];
  /** Reasons why the copy is incomplete. */
  problems(): readonly Problem[];
  find(object: ObjectName): ClusterObject | undefined;
  /** Starts to follow the Secrets and ConfigMaps that these routes refer to, and stops following all others. */
  followSecrets(routes: RouteObjects): void;
  /** True once everything except Secrets and ConfigMaps has been read. */
  isSynced(): boolean;
  /** True once everything except Secrets and ConfigMaps has been read, or is refused in a way that waiting does not change. */
  isSettled(): boolean;
  /** The Secrets and ConfigMaps that have neither been read nor are refused. */
  unsettledSecrets(): readonly string[];
  /** Secrets that these routes refer to. */
  unreadSecrets(routes: RouteObjects): UnreadSecrets;
  /** Unread resources except Secrets and ConfigMaps, with the reason: `the Services of all namespaces: Unauthorized (401)`. */
  missing(): readonly string[];
  /** The reason why the API server is unavailable; undefined while it is available. */
  fault(): ApiFault | undefined;
  copies(): readonly Copy[];
  close(): void;
}

export function createMirror(
  config: KubernetesProviderConfig,
  { client, clock, onChange, random }: MirrorOptions,
): Mirror {
  const { findSecrets, findConfigMaps, selectDocuments } = createSelect(config);
  const open = createOpenCopy({
    client,
    clock,
    keep: createKeep(config),
    random,
    onChange,
    // The API server is available for one copy, so the others retry immediately.
    onRecovery: () => all().forEach(({ reflector }) => reflector.wake()),
  });
  const copies = selectionsOf(config).map((selection) => open(selection));
  const secrets = createSecretCopies(resources.secrets, open, config.secretsThreshold);
  const configMaps = createSecretCopies(resources.configMaps, open, Infinity);
  const all = (): readonly Copy[] => [...copies, ...secrets.copies(), ...configMaps.copies()];
  const findEach = (from: SecretCopies, keys: ReadonlySet<string>): readonly ClusterObject[] =>
    Array.from(keys).flatMap((key) => from.find(key) ?? []);
  const of = (resource: Resource): readonly ClusterObject[] =>
    copies.flatMap(({ selection, reflector }) =>
      selection.resource === resource ? [...reflector.items.values()] : [],
    );
  return {
    routes() {
      const lists = toRouteLists(of);
      return { ...lists, secrets: findSecrets(lists), configMaps: findConfigMaps(lists) };
    },
    documents: (routes) =>
      selectDocuments({
        ...routes,
        services: of(resources.services),
        endpointSlices: of(resources.endpointSlices),
        secrets: findEach(secrets, routes.secrets),
        configMaps: findEach(configMaps, routes.configMaps),
      }),
    secrets: (routes) => findEach(secrets, routes.secrets),
    problems: () => findProblems(all()),
    find({ kind, namespace, name }) {
      const key = `${namespace}/${name}`;
      const found = copies.find(
        ({ selection, reflector }) => selection.resource.kind === kind && reflector.items.has(key),
      );
      return found?.reflector.items.get(key);
    },
    followSecrets(routes) {
      secrets.follow(routes.secrets);
      configMaps.follow(routes.configMaps);
    },
    isSynced: () => copies.every(isReadOrAbsent),
    isSettled: () => copies.every(isSettled),
    unsettledSecrets: () => [...secrets.unsettled(), ...configMaps.unsettled()],
    unreadSecrets: ({ secrets: referenced }) =>
      new Map(Array.from(secrets.unread()).filter(([key]) => referenced.has(key))),
    missing: () => describeUnread(copies),
    fault: () => findOutage(all()),
    copies: all,
    close() {
      copies.forEach(({ reflector }) => reflector.close());
      secrets.close();
      configMaps.close();
    },
  };
}
