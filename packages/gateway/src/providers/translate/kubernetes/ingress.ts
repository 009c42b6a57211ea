import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { LoadBalancerConfig } from '../../../config/dynamic.ts';
import type { Path } from '../../../config/path.ts';
import { formatPath, valueAt } from '../../../config/path.ts';
import type { Problem } from '../../../config/place.ts';
import { createProblem, errorsOf } from '../../../config/problem.ts';
import { readObject } from '../../../config/read.ts';
import type { Draft } from '../draft.ts';
import { addEntry } from '../draft.ts';
import type { RouterOptions } from './annotations.ts';
import { readRouterAnnotations } from './annotations.ts';
import { toCertificateSource } from './pem-sources.ts';
import { ingressPathSchema, ingressRuleSchema, ingressSchema } from './ingress-schemas.ts';
import { defaultTlsName, toProviderName } from './names.ts';
import type { KubernetesObject } from './objects.ts';
import { originOf } from './objects.ts';
import { toMatcher, toPrefixMatcher } from './rule-text.ts';
import type { ServiceCatalog, ServiceReference } from './servers.ts';
import { findServers, findServiceOptions } from './servers.ts';

type IngressBackend = z.output<typeof ingressPathSchema>['backend'];

/** A Service that is the target of a path of an Ingress, by the name of the service entry. */
export interface IngressTarget {
  readonly name: string;
  readonly backend: IngressBackend;
  readonly path: Path;
}

/** Settings that all routers of an Ingress share. */
interface IngressOptions {
  readonly options: RouterOptions;
  readonly errors: readonly Problem[];
}

/** A router before it is named: paths that differ only in characters not allowed in names would have the same name. */
interface UnnamedRouter {
  readonly key: string;
  readonly rule: string;
  readonly path: Path;
  readonly errors: readonly Problem[];
  readonly service: string;
  readonly priority: number | undefined;
}

/** Lower than any other priority. */
const lowestPriority = -(2 ** 31);
const defaultName = toProviderName('kubernetes', 'default', 'router');
const defaultBackend = toProviderName('kubernetes', 'default', 'backend');

/** Adds a router for each path of an Ingress, with Traefik's names and rules. @returns their targets. */
export function addIngress(draft: Draft, object: KubernetesObject): readonly IngressTarget[] {
  const { source } = object;
  const { value, problems, writtenPath } = readObject(ingressSchema, source);
  const annotations = readRouterAnnotations(object);
  draft.problems.push(...problems, ...annotations.problems);
  const common = { options: annotations.value, errors: errorsOf([...problems, ...annotations.problems]) };
  const targets: IngressTarget[] = [];
  // A broken spec may still list its paths, and each of them must refuse.
  const written = valueAt(source.document.value, writtenPath(['spec', 'rules']));
  const rules = Array.isArray(written) ? written : [];
  const routers = rules.flatMap((_, index) =>
    readRule(draft, object, writtenPath(['spec', 'rules', index]), common, targets),
  );
  for (const router of giveNames(routers)) addRouter(draft, object, common, router);
  const { defaultBackend: backend, tls = [] } = value.spec ?? {};
  const at = writtenPath(['spec', 'defaultBackend']);
  if (backend !== undefined && rules.length === 0) {
    targets.push({ name: defaultBackend, backend, path: at });
    const router = {
      key: '',
      rule: toMatcher('PathPrefix', '/'),
      path: at,
      errors: [],
      service: defaultBackend,
    };
    addRouter(draft, object, common, { ...router, name: defaultName, priority: lowestPriority });
  } else if (backend !== undefined)
    draft.problems.push(
      createProblem(source.document, at, {
        severity: 'warning',
        code: 'ignored_option',
        message:
          'defaultBackend is ignored because there are rules, as in Traefik: move it to its own Ingress',
        part: 'key',
      }),
    );
  for (const [index, { secretName }] of tls.entries())
    if (secretName !== undefined && secretName !== '')
      draft.certificates.push({
        ...toCertificateSource(object.namespace, secretName),
        name: '',
        place: source.document.placeOf(writtenPath(['spec', 'tls', index])),
        errors: [],
      });
  return targets;
}

function readRule(
  draft: Draft,
  object: KubernetesObject,
  path: Path,
  common: IngressOptions,
  targets: IngressTarget[],
): readonly UnnamedRouter[] {
  const { document } = object.source;
  const { value, problems, writtenPath } = readObject(ingressRuleSchema, { document, path });
  draft.problems.push(...problems);
  const at = writtenPath(['http', 'paths']);
  const written = valueAt(document.value, at);
  return (Array.isArray(written) ? written : []).map((_, index) =>
    readPath(
      draft,
      object,
      [...at, index],
      { host: value.host, errors: errorsOf(problems), common },
      targets,
    ),
  );
}

function readPath(
  draft: Draft,
  { namespace, name, source: { document } }: KubernetesObject,
  path: Path,
  outer: {
    readonly host: string | undefined;
    readonly errors: readonly Problem[];
    readonly common: IngressOptions;
  },
  targets: IngressTarget[],
): UnnamedRouter {
  const { value, problems, writtenPath } = readObject(ingressPathSchema, { document, path });
  const found = [...problems];
  const { host } = outer;
  const { path: written = '', backend } = value;
  const matchers = [
    ...(host === undefined || host === '' ? [] : [toMatcher('Host', host)]),
    ...(written === ''
      ? []
      : [toPathMatcher(written, value.pathType, outer.common.options, originOf({ document, path }))]),
  ];
  if (matchers.length === 0 && host !== undefined)
    found.push(
      createProblem(document, path, { code: 'missing_option', message: 'expected a host or a path' }),
    );
  draft.problems.push(...found);
  const port = String(backend?.service.port.number ?? backend?.service.port.name);
  const service = toProviderName('kubernetes', namespace, backend?.service.name ?? formatPath(path), port);
  if (backend !== undefined) targets.push({ name: service, backend, path: writtenPath(['backend']) });
  return {
    key: [namespace, name, `${host ?? ''}${written}`].join('-'),
    // The host that a broken rule applies to is unknown.
    rule: host === undefined ? '' : matchers.join(' && '),
    path,
    errors: [...outer.errors, ...errorsOf(found)],
    service,
    priority: undefined,
  };
}

function toPathMatcher(
  path: string,
  type: z.output<typeof ingressPathSchema>['pathType'] | undefined,
  { pathMatcher }: RouterOptions,
  { strictPrefixMatching }: ReturnType<typeof originOf>,
): string {
  if (type === 'Exact') return toMatcher('Path', path);
  const matcher = type === 'Prefix' ? 'PathPrefix' : pathMatcher;
  return matcher === 'PathPrefix' && strictPrefixMatching ? toPrefixMatcher(path) : toMatcher(matcher, path);
}

/** As in Traefik, the beginning of the rule's hash distinguishes routers with the same name. */
function giveNames(
  routers: readonly UnnamedRouter[],
): readonly (UnnamedRouter & { readonly name: string })[] {
  const counts = new Map<string, number>();
  const named = routers.map((router) => {
    const name = toProviderName('kubernetes', router.key);
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return { ...router, name };
  });
  return named.map((router) => {
    if (counts.get(router.name) === 1) return router;
    const hash = createHash('sha256').update(router.rule).digest('hex').slice(0, 20);
    return { ...router, name: toProviderName('kubernetes', router.key, hash) };
  });
}

function addRouter(
  draft: Draft,
  { namespace, source: { document, path: root } }: KubernetesObject,
  { options, errors }: IngressOptions,
  router: UnnamedRouter & { readonly name: string },
): void {
  const { name, rule, path, service, priority } = router;
  const middlewares = options.middlewares.map((one) => (one.includes('@') ? one : `${one}@kubernetes`));
  const mention = (kind: 'middlewares' | 'tlsOptions', one: string, annotation: Path): void => {
    draft.mentions.push({
      in: { kind: 'routers', name },
      of: { kind, name: one, ...(isConfined && { namespace }) },
      place: document.placeOf(annotation),
      path: formatPath(annotation),
    });
  };
  // A Middleware of another namespace could make the gateway obtain a token that is not meant for these Services.
  const isConfined = document.origin?.allowCrossNamespace === false;
  const annotations = [...root, 'metadata', 'annotations'];
  const at = [...annotations, 'traefik.ingress.kubernetes.io/router.middlewares'];
  const entryPointsAt = [...annotations, 'traefik.ingress.kubernetes.io/router.entrypoints'];
  for (const one of middlewares) mention('middlewares', one, at);
  const { tlsOptions } = options;
  if (tlsOptions !== undefined && tlsOptions !== defaultTlsName)
    mention('tlsOptions', tlsOptions, [...annotations, 'traefik.ingress.kubernetes.io/router.tls.options']);
  addEntry(draft, draft.routers, {
    name,
    place: document.placeOf(path),
    errors: [...errors, ...router.errors],
    rule,
    rulePlace: () => document.placeOf(path),
    entryPointPlace: () => document.placeOf(entryPointsAt),
    entryPoints: options.entryPoints,
    middlewares,
    service,
    priority: priority ?? options.priority,
    tls: options.tls,
    tlsOptions: options.tls ? (tlsOptions ?? defaultTlsName) : undefined,
  });
}

/** Adds the services that an Ingress uses; several objects may share one. */
export function addIngressServices(
  draft: Draft,
  object: KubernetesObject,
  catalog: ServiceCatalog,
  targets: readonly IngressTarget[],
): void {
  for (const target of targets)
    if (!draft.services.has(target.name))
      addEntry(draft, draft.services, toLoadBalancer(draft, object, catalog, target));
}

function toLoadBalancer(
  draft: Draft,
  { namespace, source }: KubernetesObject,
  catalog: ServiceCatalog,
  { name, backend: { service }, path }: IngressTarget,
): LoadBalancerConfig {
  const { document } = source;
  const options = findServiceOptions(catalog, { namespace, name: service.name });
  const wanted: ServiceReference = {
    namespace,
    name: service.name,
    port: service.port.number ?? service.port.name,
    scheme: options?.scheme,
    nativeLB: options?.nativeLB ?? false,
    allowExternalNameServices: originOf(source).allowExternalNameServices,
  };
  const { servers = [], fault } = findServers(catalog, wanted);
  const errors = fault === undefined ? [] : [createProblem(document, [...path, 'service', 'name'], fault)];
  const found = [...errors, ...(options?.problems ?? [])];
  draft.problems.push(...found);
  const transport = options?.serversTransport;
  if (transport !== undefined)
    draft.mentions.push({
      in: { kind: 'services', name },
      of: {
        kind: 'serversTransports',
        name: transport,
        ...(document.origin?.allowCrossNamespace === false && { namespace }),
      },
      place: document.placeOf(path),
      path: formatPath(path),
    });
  return {
    kind: 'loadBalancer',
    name,
    place: document.placeOf(path),
    errors: errorsOf(found),
    servers,
    passHostHeader: options?.passHostHeader ?? true,
    serversTransport: transport,
    healthCheck: undefined,
    sticky: options?.sticky(name),
  };
}
