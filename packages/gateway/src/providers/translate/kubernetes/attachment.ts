import type { z } from 'zod';
import type { LookUp } from '../../../reload/derive.ts';
import type { httpRouteSchema } from './gateway-schemas.ts';
import type { GatewayObject, GatewayLookUps, GatewayListener } from './gateways.ts';
import { gatewayGroup } from './grants.ts';

type Spec = z.output<typeof httpRouteSchema>['spec'];
export type ParentRef = Spec['parentRefs'][number];

/** A listener that accepts a route, and their common hosts; empty: all. */
export interface ListenerAttachment {
  readonly listener: GatewayListener;
  readonly hostnames: readonly string[];
}

/** Result of attaching a route to one parent. */
export interface ParentResult {
  readonly parentRef: ParentRef;
  readonly gateway: GatewayObject;
  readonly attachments: readonly ListenerAttachment[];
  /** Reason for a failure, as defined by Gateway API. */
  readonly reason: 'Accepted' | 'NoMatchingParent' | 'NotAllowedByListeners' | 'NoMatchingListenerHostname';
}

/** The parents that are Gateways of this gateway, with the listeners to which a route is attached. */
export function attach(
  namespace: string,
  { parentRefs, hostnames }: Pick<Spec, 'parentRefs' | 'hostnames'>,
  lookUp: LookUp<GatewayLookUps>,
): readonly ParentResult[] {
  return parentRefs.flatMap((parentRef): ParentResult | readonly [] => {
    const { group, kind, namespace: of = namespace, name } = parentRef;
    const gateway =
      group === gatewayGroup && kind === 'Gateway' ? lookUp('gateways', `${of}/${name}`) : undefined;
    if (gateway === undefined) return [];
    const named = gateway.listeners.filter(
      (listener) =>
        (parentRef.sectionName === undefined || parentRef.sectionName === listener.name) &&
        (parentRef.port === undefined || parentRef.port === listener.port),
    );
    const open = named.filter((listener) => isAllowed(listener, gateway, namespace, lookUp));
    const attachments = open.flatMap((listener): ListenerAttachment | readonly [] => {
      const common = findCommonHosts(listener.hostname, hostnames);
      return common === undefined ? [] : { listener, hostnames: common };
    });
    const reason =
      named.length === 0
        ? 'NoMatchingParent'
        : open.length === 0
          ? 'NotAllowedByListeners'
          : attachments.length === 0
            ? 'NoMatchingListenerHostname'
            : 'Accepted';
    return { parentRef, gateway, attachments, reason };
  });
}

function isAllowed(
  { allowed: { namespaces, kinds } }: GatewayListener,
  gateway: GatewayObject,
  namespace: string,
  lookUp: LookUp<GatewayLookUps>,
): boolean {
  if (kinds.length > 0 && !kinds.some(({ group, kind }) => group === gatewayGroup && kind === 'HTTPRoute'))
    return false;
  const { from, selector } = namespaces;
  if (from === 'Same') return gateway.namespace === namespace;
  if (from !== 'Selector') return from === 'All';
  const labels = lookUp('namespaces', namespace);
  return selector !== undefined && labels !== undefined && isSelected(labels, selector);
}

type NamespaceSelector = NonNullable<GatewayListener['allowed']['namespaces']['selector']>;

function isSelected(
  labels: Readonly<Record<string, string>>,
  { matchLabels, matchExpressions }: NamespaceSelector,
): boolean {
  const own = new Map(Object.entries(labels));
  return (
    Object.entries(matchLabels).every(([key, value]) => own.get(key) === value) &&
    matchExpressions.every(({ key, operator, values }) => {
      const value = own.get(key);
      const isIn = value !== undefined && values.includes(value);
      if (operator === 'In') return isIn;
      if (operator === 'NotIn') return !isIn;
      return (operator === 'Exists') === (value !== undefined);
    })
  );
}

/** The common hosts of a listener and a route; empty: all, undefined: none. */
function findCommonHosts(
  listener: string | undefined,
  hostnames: readonly string[],
): readonly string[] | undefined {
  if (listener === undefined) return hostnames;
  if (hostnames.length === 0) return [listener];
  const common = hostnames.flatMap((host) => {
    if (isWithin(host, listener)) return host;
    return isWithin(listener, host) ? listener : [];
  });
  return common.length === 0 ? undefined : [...new Set(common)];
}

/** Whether a host equals another, or matches one of the form `*.` and a domain. */
const isWithin = (host: string, outer: string): boolean =>
  host === outer || (outer.startsWith('*.') && host.endsWith(outer.slice(1)));
