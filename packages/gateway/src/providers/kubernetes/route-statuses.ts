import { isDeepStrictEqual } from 'node:util';
import type { Document } from '../../config/document.ts';
import type { Problem } from '../../config/place.ts';
import { readObject } from '../../config/read.ts';
import { createDerive, createMapAgain, type LookUp } from '../../reload/derive.ts';
import type { ParentResult } from '../translate/kubernetes/attachment.ts';
import { attach } from '../translate/kubernetes/attachment.ts';
import { httpRouteSchema } from '../translate/kubernetes/gateway-schemas.ts';
import type { GatewayLookUps } from '../translate/kubernetes/gateways.ts';
import { createReadGatewayApi } from '../translate/kubernetes/gateways.ts';
import { createReadSecrets } from '../translate/kubernetes/secrets.ts';
import type { KubernetesObject } from '../translate/kubernetes/objects.ts';
import { readObjects } from '../translate/kubernetes/objects.ts';
import type { ClusterObject } from './documents.ts';
import type { RouteObjectLists } from './select.ts';

/** A condition of Gateway API, without the time. */
export interface StatusCondition {
  readonly type: 'Accepted' | 'ResolvedRefs' | 'PartiallyInvalid';
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

/** Status of an HTTPRoute for one of its parents. */
export interface ParentStatus {
  /** The parent reference as written. */
  readonly parentRef: unknown;
  readonly controllerName: string;
  readonly conditions: readonly StatusCondition[];
}

/** Desired statuses of an HTTPRoute for those of its parents that are Gateways of this gateway; empty: it has none any more. */
export interface RouteStatus {
  readonly object: ClusterObject;
  readonly parents: readonly ParentStatus[];
}

type AttachmentObjects = Pick<
  RouteObjectLists,
  'httpRoutes' | 'gateways' | 'gatewayClasses' | 'referenceGrants' | 'namespaces'
> & {
  /** Includes at least all Services that listeners refer to. */
  readonly secrets: readonly ClusterObject[];
};

interface AttachedRoute {
  readonly object: ClusterObject;
  readonly results: readonly ParentResult[];
  /** `spec.parentRefs` of each result, as written. */
  readonly written: readonly unknown[];
}

/** Computes the statuses of successive configurations; unchanged parts are not computed again. */
export function createFindRouteStatuses(): (
  objects: AttachmentObjects,
  problems: readonly Problem[],
) => readonly RouteStatus[] {
  const readApi = createReadGatewayApi();
  const readSecrets = createReadSecrets();
  const toObjects = createMapAgain((document: Document): readonly KubernetesObject[] =>
    readObjects({ document, path: [] }, []),
  );
  const attachEach = createDerive(attachOne);
  return ({ httpRoutes, gateways, gatewayClasses, referenceGrants, namespaces, secrets }, problems) => {
    if (httpRoutes.length === 0) return [];
    const read = (list: readonly ClusterObject[]): readonly KubernetesObject[] =>
      toObjects(list.map(({ document }) => document)).flat();
    const { api } = readApi(
      read([...gatewayClasses, ...gateways, ...referenceGrants, ...namespaces]),
      readSecrets(read(secrets)).values,
    );
    const found = new Map<string, Problem[]>();
    for (const problem of problems) {
      const { object } = problem.place;
      if (object?.kind !== 'HTTPRoute' || problem.severity !== 'error') continue;
      const key = `${object.namespace}/${object.name}`;
      found.set(key, [...(found.get(key) ?? []), problem]);
    }
    return attachEach(httpRoutes, api).map((attached) =>
      toStatus(attached, found.get(`${attached.object.namespace}/${attached.object.name}`) ?? []),
    );
  };
}

function attachOne(object: ClusterObject, lookUp: LookUp<GatewayLookUps>): AttachedRoute {
  const { value } = readObject(httpRouteSchema, { document: object.document, path: [] });
  const { parentRefs = [], hostnames = [] } = value.spec ?? {};
  const results = attach(object.namespace, { parentRefs, hostnames }, lookUp);
  const written = (object.document.value as { readonly spec?: { readonly parentRefs?: readonly unknown[] } })
    .spec?.parentRefs;
  return {
    object,
    results,
    written: results.map(({ parentRef }) => written?.[parentRefs.indexOf(parentRef)] ?? parentRef),
  };
}

function toStatus({ object, results, written }: AttachedRoute, problems: readonly Problem[]): RouteStatus {
  const isReference = ({ code }: Problem): boolean => referenceReasons.has(code);
  const references = problems.filter(isReference);
  const others = problems.filter((problem) => !isReference(problem) && problem.code !== 'not_attached');
  return {
    object,
    parents: results.map(({ gateway, reason }, index) => ({
      parentRef: written[index],
      controllerName: gateway.controller,
      conditions: [
        {
          type: 'Accepted',
          status: reason === 'Accepted' ? 'True' : 'False',
          reason,
          message: '',
        },
        {
          type: 'ResolvedRefs',
          status: references.length === 0 ? 'True' : 'False',
          reason: referenceReasons.get(references[0]?.code ?? '') ?? 'ResolvedRefs',
          message: toMessage(references),
        },
        ...(others.length === 0
          ? []
          : [
              {
                type: 'PartiallyInvalid' as const,
                status: 'True' as const,
                reason: 'UnsupportedValue',
                message: toMessage(others),
              },
            ]),
      ],
    })),
  };
}

/** Reasons of `ResolvedRefs`, by problem code. */
const referenceReasons: ReadonlyMap<string, string> = new Map([
  ['missing_reference', 'BackendNotFound'],
  ['cross_namespace', 'RefNotPermitted'],
  ['unsupported_backend', 'InvalidKind'],
  ['external_name', 'BackendNotFound'],
]);

/** Maximum length of a message: 32,768 characters. */
const maxMessage = 1000;
const toMessage = (problems: readonly Problem[]): string =>
  problems
    .map(({ path, message }) => `${path}: ${message}`)
    .join('; ')
    .slice(0, maxMessage);

/** Whether an object already has these parent statuses; other parents in `existing` belong to other controllers. */
export function isSameStatus(existing: readonly unknown[], parents: readonly object[]): boolean {
  return isDeepStrictEqual(existing.map(withoutTimes), parents.map(withoutTimes));
}

function withoutTimes(parent: unknown): unknown {
  const { conditions = [], ...rest } = parent as { readonly conditions?: readonly object[] };
  return {
    ...rest,
    conditions: conditions.map((condition) => ({ ...condition, lastTransitionTime: undefined })),
  };
}
