import type { z } from 'zod';
import type {
  ConfigEntry,
  LoadBalancerConfig,
  RouterConfig,
  ServerConfig,
  ServiceConfig,
} from '../../config/dynamic.ts';
import type { Document } from '../../config/document.ts';
import type { Path } from '../../config/path.ts';
import { formatPath, valueAt } from '../../config/path.ts';
import type { Place, Problem } from '../../config/place.ts';
import { createProblem, errorsOf } from '../../config/problem.ts';
import type { OtherNames, Source } from '../../config/read.ts';
import { readObject } from '../../config/read.ts';
import type { Draft, Mention } from './draft.ts';
import { addEntry } from './draft.ts';
import {
  explainService,
  ignoredRouterNames,
  ignoredServiceNames,
  unsupportedServiceNames,
} from './other-names.ts';
import { readMiddleware } from './read-middleware.ts';
import { findInsecurity, serversTransportSchema, toTransport, transportNames } from './servers-transport.ts';
import { toHealthCheck, toPassiveHealthCheck, toSticky } from './service-schema.ts';
import { addTlsSection } from './tls-section.ts';
import { dynamicSchema, fileNames, httpSchema, routerSchema, serviceSchema } from './dynamic-schema.ts';

const others: { file: OtherNames; router: OtherNames; service: OtherNames } = {
  file: { unsupported: ['tcp', 'udp', 'models'] },
  router: { unsupported: ['parentRefs'], ignored: ignoredRouterNames },
  service: {
    unsupported: unsupportedServiceNames,
    ignored: ignoredServiceNames,
    explain: explainService,
  },
};

/** A name in a file: without a provider, it belongs to the file provider. */
const qualify = (name: string): string => (name.includes('@') ? name : `${name}@file`);

/** Translates one document of Traefik's dynamic configuration. */
export function translateDynamic(document: Document, draft: Draft): void {
  const root = readObject(dynamicSchema, { document, path: [] }, { ...others.file, extensions: true });
  draft.problems.push(...root.problems);
  if (root.value.tls !== undefined) addTlsSection(draft, { document, path: root.writtenPath(['tls']) });
  if (root.value.http === undefined) return;
  const http = { document, path: root.writtenPath(['http']) };
  const { value, problems, writtenPath } = readObject(httpSchema, http, others.file);
  draft.problems.push(...problems);
  const sourceOf = (kind: string, name: string): Source => ({
    document,
    path: [...writtenPath([kind]), name],
  });
  const define = (
    kind: 'routers' | 'services' | 'middlewares' | 'serversTransports',
    read: (draft: Draft, name: string, source: Source) => void,
  ): void => {
    if (value[kind] === undefined) return;
    // Names as written in the document: zod skips __proto__, and a route must not vanish unnoticed.
    for (const name of Object.keys(valueAt(document.value, writtenPath([kind])) ?? {})) {
      const source = sourceOf(kind, name);
      if (name.includes('@') || name === '')
        draft.problems.push(
          createProblem(document, source.path, {
            code: 'invalid_value',
            message: 'expected a name without @: the provider is added automatically',
            part: 'key',
          }),
        );
      else read(draft, `${name}@file`, source);
    }
  };
  define('middlewares', addMiddleware);
  define('serversTransports', addServersTransport);
  define('services', addService);
  define('routers', addRouter);
}

function addRouter(draft: Draft, name: string, source: Source): void {
  const { document, path } = source;
  const { value, problems, writtenPath } = readObject(routerSchema, source, others.router);
  draft.problems.push(...problems);
  const rulePath = writtenPath(['rule']);
  const mention = createMentions(draft, { kind: 'routers', name }, document);
  if (value.service === noService) addNoService(draft, document.placeOf(writtenPath(['service'])));
  const router: RouterConfig = {
    name,
    place: document.placeOf(path, 'key'),
    errors: errorsOf(problems),
    rule: value.rule ?? '',
    rulePlace: (offset) => document.placeOf(rulePath, offset),
    entryPoints: value.entryPoints ?? [],
    entryPointPlace: (index) => document.placeOf(writtenPath(['entryPoints', index])),
    middlewares: (value.middlewares ?? []).map((middleware, index) =>
      mention('middlewares', qualify(middleware), writtenPath(['middlewares', index])),
    ),
    service:
      value.service === undefined
        ? ''
        : mention('services', qualify(value.service), writtenPath(['service'])),
    priority: value.priority,
    tls: (value.tls ?? false) !== false,
    tlsOptions: readTlsOptions(value.tls, (name) =>
      mention('tlsOptions', qualify(name), writtenPath(['tls', 'options'])),
    ),
  };
  addEntry(draft, draft.routers, router);
}

/** Traefik's service of routers whose middlewares respond to every request, such as redirects. */
const noService = 'noop@internal';

/** Requests that reach it are refused, because it has no servers. */
function addNoService(draft: Draft, place: Place): void {
  if (!draft.services.has(noService))
    addEntry(draft, draft.services, {
      ...toLoadBalancer(undefined, noService, (transport) => transport),
      ...{ name: noService, place, errors: [] },
    });
}

/** The options called `default` have no provider, and are optional. */
function readTlsOptions(
  tls: z.output<typeof routerSchema>['tls'] | undefined,
  mention: (name: string) => string,
): string | undefined {
  if (typeof tls !== 'object') return tls === true ? 'default' : undefined;
  const { options = 'default' } = tls;
  return options === 'default' ? options : mention(options);
}

type WrittenService = z.output<typeof serviceSchema>;

const serviceKinds = ['loadBalancer', 'weighted', 'highestRandomWeight', 'failover'] as const;

function addService(draft: Draft, name: string, source: Source): void {
  const { document, path } = source;
  const read = readObject(serviceSchema, source, others.service);
  const problems = [...read.problems];
  const { value } = read;
  if (read.whole && serviceKinds.filter((kind) => value[kind] !== undefined).length !== 1)
    problems.push(
      createProblem(document, path, {
        code: 'invalid_value',
        message: `expected exactly one of ${serviceKinds.join(', ')}`,
        part: 'key',
      }),
    );
  draft.problems.push(
    ...problems,
    ...findIgnoredPaths(value.loadBalancer?.servers ?? [], document, read.writtenPath),
  );
  const entry = { name, place: document.placeOf(path, 'key'), errors: errorsOf(problems) };
  const mention = createMentions(draft, { kind: 'services', name }, document);
  const mentionService = (written: string, at: readonly PropertyKey[]): string =>
    mention('services', qualify(written), read.writtenPath(at));
  addEntry(
    draft,
    draft.services,
    toComposedService(value, entry, mentionService) ?? {
      ...entry,
      ...toLoadBalancer(value.loadBalancer, name, (transport) =>
        mention(
          'serversTransports',
          qualify(transport),
          read.writtenPath(['loadBalancer', 'serversTransport']),
        ),
      ),
    },
  );
}

/** A service that consists of others; undefined for one with servers. */
function toComposedService(
  { weighted, highestRandomWeight, failover }: Partial<WrittenService>,
  entry: ConfigEntry,
  mention: (name: string, path: readonly PropertyKey[]) => string,
): ServiceConfig | undefined {
  if (failover !== undefined)
    return {
      ...entry,
      kind: 'failover',
      service: mention(failover.service, ['failover', 'service']),
      fallback: mention(failover.fallback, ['failover', 'fallback']),
    };
  const [option, written] =
    weighted === undefined ? ['highestRandomWeight', highestRandomWeight] : ['weighted', weighted];
  if (written === undefined) return undefined;
  return {
    ...entry,
    kind: 'weighted',
    strategy: weighted === undefined ? 'hrw' : 'wrr',
    sticky: toSticky(weighted?.sticky, entry.name),
    services: written.services.map(({ name, weight }, index) => ({
      name: mention(name, [option, 'services', index, 'name']),
      weight,
      writtenName: name,
    })),
  };
}

function toLoadBalancer(
  written: WrittenService['loadBalancer'],
  name: string,
  mentionTransport: (name: string) => string,
): Omit<LoadBalancerConfig, keyof ConfigEntry> {
  return {
    kind: 'loadBalancer',
    servers: written?.servers ?? [],
    passHostHeader: written?.passHostHeader ?? true,
    serversTransport: toTransportName(written?.serversTransport, mentionTransport),
    healthCheck: toHealthCheck(written?.healthCheck),
    passiveHealthCheck: toPassiveHealthCheck(written?.passiveHealthCheck),
    strategy: written?.strategy ?? 'wrr',
    sticky: toSticky(written?.sticky, name),
  };
}

/** Warns about paths in servers' URLs that requests will not have. */
function findIgnoredPaths(
  servers: readonly ServerConfig[],
  document: Document,
  writtenPath: (path: readonly PropertyKey[]) => Path,
): readonly Problem[] {
  return servers.flatMap(({ url, preservePath }, index) => {
    const { pathname } = new URL(url);
    if (preservePath === true || pathname === '/') return [];
    return createProblem(document, writtenPath(['loadBalancer', 'servers', index, 'url']), {
      code: 'ignored_path',
      message: `the path ${pathname} is ignored, as in Traefik: set preservePath: true to put it before the path of requests`,
      severity: 'warning',
    });
  });
}

/** `default@internal` is the transport of services without their own. */
function toTransportName(written: string | undefined, mention: (name: string) => string): string | undefined {
  return written === undefined || written === 'default@internal' ? undefined : mention(written);
}

function addServersTransport(draft: Draft, name: string, source: Source): void {
  const { document, path } = source;
  const { value, problems, writtenPath } = readObject(serversTransportSchema, source, transportNames);
  const transport = toTransport(value);
  const insecurity = findInsecurity(transport, { document, path: writtenPath(['insecureSkipVerify']) });
  draft.problems.push(...problems, ...insecurity);
  addEntry(draft, draft.serversTransports, {
    ...transport,
    name,
    place: document.placeOf(path, 'key'),
    errors: errorsOf(problems),
  });
}

function addMiddleware(draft: Draft, name: string, source: Source): void {
  const { document, path } = source;
  const mention = createMentions(draft, { kind: 'middlewares', name }, document);
  const identity = { name, place: document.placeOf(path, 'key'), namespace: undefined };
  const { config, problems } = readMiddleware(source, identity, {
    names: fileNames,
    resolve: (members, pathOf) => ({
      names: members.map((member, index) => mention('middlewares', qualify(member.name), pathOf(index))),
      problems: [],
    }),
    resolveService({ path: at }) {
      const value = valueAt(document.value, at);
      if (typeof value === 'string' && value !== '')
        return { name: mention('services', qualify(value), at), problems: [] };
      const message = 'expected the name of a service';
      return { name: undefined, problems: [createProblem(document, at, { code: 'invalid_value', message })] };
    },
  });
  draft.problems.push(...problems);
  addEntry(draft, draft.middlewares, config);
}

/** Records each name that an entry refers to, for the check of references, and returns it. */
function createMentions(draft: Draft, owner: Mention['in'], document: Document) {
  return (kind: Mention['of']['kind'], name: string, path: Path): string => {
    draft.mentions.push({
      in: owner,
      of: { kind, name },
      place: document.placeOf(path),
      path: formatPath(path),
    });
    return name;
  };
}
