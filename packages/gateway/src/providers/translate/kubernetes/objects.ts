import { describeUnknown } from '@grantgate/middleware/base/names';
import type { z } from 'zod';
import type { Document, Origin } from '../../../config/document.ts';
import { isMapping, valueAt } from '../../../config/path.ts';
import type { Place, Problem } from '../../../config/place.ts';
import { createProblem } from '../../../config/problem.ts';
import type { Source } from '../../../config/read.ts';
import { readObject } from '../../../config/read.ts';
import { metadataSchema } from './schemas.ts';

export type ManifestKind =
  | 'IngressRoute'
  | 'Middleware'
  | 'TLSOption'
  | 'TLSStore'
  | 'ServersTransport'
  | 'TraefikService'
  | 'Ingress'
  | 'IngressClass'
  | 'GatewayClass'
  | 'Gateway'
  | 'HTTPRoute'
  | 'ReferenceGrant'
  | 'Namespace'
  | 'Secret'
  | 'ConfigMap'
  | 'Service'
  | 'EndpointSlice';

/** A Kubernetes object of a supported kind, whose content has not been parsed. */
export interface KubernetesObject {
  readonly kind: ManifestKind;
  readonly name: string;
  readonly namespace: string;
  readonly labels: z.output<typeof metadataSchema>['labels'];
  readonly annotations: z.output<typeof metadataSchema>['annotations'];
  /** Position of its name. */
  readonly place: Place;
  readonly source: Source;
}

const ofFiles: Origin = Object.freeze({
  allowCrossNamespace: false,
  allowExternalNameServices: true,
  requireEndpointSlices: false,
  strictPrefixMatching: false,
  defaultTlsNamespace: '',
});

/** Permissions of the object. */
export const originOf = ({ document }: Source): Origin => document.origin ?? ofFiles;

/** Names the option that would allow references across namespaces; files have none. */
export const crossingHint = ({ document }: Source): string =>
  document.origin === undefined ? '' : ': allowCrossNamespace is off';

const traefik = 'traefik.io/v1alpha1';
const gatewayApi = ['gateway.networking.k8s.io/v1', 'gateway.networking.k8s.io/v1beta1'];
const versions: ReadonlyMap<string, readonly string[]> = new Map<ManifestKind, readonly string[]>([
  ['IngressRoute', [traefik]],
  ['Middleware', [traefik]],
  ['TLSOption', [traefik]],
  ['TLSStore', [traefik]],
  ['ServersTransport', [traefik]],
  ['TraefikService', [traefik]],
  ['Ingress', ['networking.k8s.io/v1']],
  ['IngressClass', ['networking.k8s.io/v1']],
  ['GatewayClass', gatewayApi],
  ['Gateway', gatewayApi],
  ['HTTPRoute', gatewayApi],
  ['ReferenceGrant', gatewayApi],
  ['Namespace', ['v1']],
  ['Secret', ['v1']],
  ['ConfigMap', ['v1']],
  ['Service', ['v1']],
  ['EndpointSlice', ['discovery.k8s.io/v1']],
]);

const httpOnly = 'only HTTP is';

/** Kinds of Traefik that are not served, with the reason. */
export const unservedKinds: ReadonlyMap<string, string> = new Map([
  ['IngressRouteTCP', httpOnly],
  ['IngressRouteUDP', httpOnly],
  ['MiddlewareTCP', httpOnly],
  ['ServersTransportTCP', httpOnly],
]);

/** True for a Kubernetes manifest, whatever its kind. */
export function isManifest(value: unknown): boolean {
  return isMapping(value) && Object.hasOwn(value, 'apiVersion') && Object.hasOwn(value, 'kind');
}

/** The objects of a manifest: itself, or the items of a `List`. Objects of other kinds are reported and omitted. */
export function readObjects(source: Source, problems: Problem[]): readonly KubernetesObject[] {
  const { document, path } = source;
  const { apiVersion, kind } = valueAt(document.value, path) as Record<string, unknown>;
  if (kind === 'List' && apiVersion === 'v1') {
    const items = valueAt(document.value, [...path, 'items']);
    return (Array.isArray(items) ? items : []).flatMap((item, index) => {
      const below = { document, path: [...path, 'items', index] };
      if (isManifest(item)) return readObjects(below, problems);
      problems.push(
        createProblem(document, below.path, {
          code: 'invalid_value',
          message: 'expected an object with apiVersion and kind',
        }),
      );
      return [];
    });
  }
  const fault = findKindFault(document, source, apiVersion, kind);
  if (fault !== undefined) {
    problems.push(fault);
    return [];
  }
  const metadata = readObject(metadataSchema, { document, path: [...path, 'metadata'] });
  problems.push(...metadata.problems);
  const { name, namespace = 'default', labels = {}, annotations = {} } = metadata.value;
  if (name === undefined) return [];
  const place = document.placeOf([...path, 'metadata', 'name']);
  return [{ kind: kind as ManifestKind, name, namespace, labels, annotations, place, source }];
}

function findKindFault(
  document: Document,
  { path }: Source,
  apiVersion: unknown,
  kind: unknown,
): Problem | undefined {
  const at = (name: string, code: string, message: string, severity: 'error' | 'warning' = 'error') =>
    createProblem(document, [...path, name], { code, message, severity });
  if (typeof apiVersion !== 'string') return at('apiVersion', 'invalid_value', 'expected string');
  if (typeof kind !== 'string') return at('kind', 'invalid_value', 'expected string');
  const known = versions.get(kind);
  if (known?.includes(apiVersion) === true) return undefined;
  const version = known?.[0];
  const unserved = unservedKinds.get(kind);
  if (unserved !== undefined && apiVersion === traefik)
    return at('kind', 'unsupported_kind', `${kind} is not served: ${unserved}`);
  if (apiVersion.startsWith('traefik.') || apiVersion.startsWith('hub.traefik.')) {
    const own = [...versions].filter(([, of]) => of.includes(traefik)).map(([name]) => name);
    return version === traefik
      ? at('apiVersion', 'unknown_kind', `expected ${traefik} for the kind ${kind}`)
      : at('kind', 'unknown_kind', describeUnknown('kind', kind, own));
  }
  // A directory of manifests contains many other objects.
  return at('kind', 'ignored_kind', `${apiVersion} ${kind} is not served and is ignored`, 'warning');
}

/** As in Traefik, the group of Services and Secrets may be written `core`. */
export const isCoreGroup = (group: string): boolean => group === '' || group === 'core';
