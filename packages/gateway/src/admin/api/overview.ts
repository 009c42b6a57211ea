import { toCircuitSummary, type Circuits } from './circuits.ts';
import type { CertificateView } from './certificate-shape.ts';
import { toCertificateStatus } from './certificate-status.ts';
import type { ConfigurationViews } from './configuration-views.ts';
import type { ProcessSource } from './process-source.ts';
import type { AuthorizationServerView, Overview } from './shapes.ts';
import type { OverviewReading } from './questions.ts';
import { toTime } from './to-time.ts';
import type { StoreView } from './store-shape.ts';
import type { SurveyResult } from './survey.ts';

interface OverviewParts {
  readonly views: ConfigurationViews | undefined;
  readonly servers: readonly AuthorizationServerView[];
  readonly stores: readonly StoreView[];
  readonly circuits: Circuits;
  readonly survey: SurveyResult<OverviewReading>;
}

const empty = { total: 0, warnings: 0, errors: 0 };

/** Combines the overviews of all processes. */
export function toOverview(
  source: ProcessSource,
  { views, servers, stores, circuits, survey }: OverviewParts,
): Overview {
  const { install, version } = source;
  const { readings, asked } = survey;
  const problems = source.configuration()?.prepared.problems ?? [];
  const sum = (numberOf: (reading: OverviewReading) => number): number =>
    readings.reduce((total, reading) => total + numberOf(reading), 0);
  const byStatus = addUp(readings.map(({ requests }) => requests));
  const byCode = addUp(readings.map(({ refusals }) => refusals));
  const waitingFor = [...new Set(readings.flatMap((reading) => reading.waitingFor))];
  const unserved = { routers: empty, services: empty };
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  return {
    http: {
      routers: toSection(views?.routers),
      services: toSection(views?.services),
      middlewares: toSection(views?.middlewares),
    },
    tcp: { ...unserved, middlewares: empty },
    udp: unserved,
    features: {
      tracing: install.tracing === undefined ? '' : 'OTLP',
      metrics: toMetricsName(install.metrics),
      accessLog: install.accessLog !== undefined,
      hub: false,
    },
    providers: toProviders(source),
    version,
    startedAt: toTime(Math.min(...readings.map(({ startedAt }) => startedAt))),
    logLevel: source.logLevel(),
    workers: {
      configured: asked,
      replied: readings.length,
      processes: readings
        .map(({ worker, startedAt, crashes }) => ({
          worker,
          startedAt: toTime(startedAt),
          crashes: crashes?.count ?? 0,
          lastCrash: crashes ? { at: toTime(crashes.lastAt), reason: crashes.lastHow } : null,
        }))
        .sort((a, b) => a.worker - b.worker),
    },
    ready: waitingFor.length === 0,
    waitingFor,
    configuration: {
      loadedAt: toTime(Math.max(...readings.map(({ loadedAt }) => loadedAt))),
      errors,
      warnings: problems.length - errors,
    },
    requests: { total: sumOf(byStatus), byStatus, refused: sumOf(byCode), byCode },
    tokens: {
      cached: countDistinct(readings.map(({ cached }) => cached)),
      memory: sum(({ memory }) => memory),
      store: sum(({ store }) => store),
      authorizationServer: sum(({ server }) => server),
      failingRenewals: Math.max(0, ...readings.map(({ failingRenewals }) => failingRenewals)),
    },
    authorizationServers: {
      total: servers.length,
      failing: servers.filter(({ status }) => status === 'failing').length,
    },
    stores: {
      total: stores.length,
      failing: stores.filter(({ status }) => status === 'unavailable' || status === 'failing').length,
    },
    certificates: toCertificateSummary(source),
    circuitBreakers: toCircuitSummary(circuits),
    connections: addUp(readings.map(({ connections }) => Object.fromEntries(connections))),
  };
}

function toCertificateSummary({ certificates, clock }: ProcessSource): Overview['certificates'] {
  const all = certificates();
  const now = clock.now();
  const count = (wanted: CertificateView['status']): number =>
    all.filter((certificate) => toCertificateStatus(certificate, now) === wanted).length;
  const next = all[0]?.notAfter;
  return {
    total: all.length,
    expiring: count('expiring'),
    invalid: count('invalid'),
    nextExpiry: next === undefined ? null : toTime(next),
  };
}

const sumOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

export function addUp(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total = new Map<string, number>();
  for (const counts of all)
    for (const [name, count] of Object.entries(counts)) total.set(name, (total.get(name) ?? 0) + count);
  return Object.fromEntries(total);
}

/** Number of distinct values in some lists. */
export function countDistinct(lists: readonly Float64Array[]): number {
  const all = new Set<number>();
  for (const list of lists) for (const id of list) all.add(id);
  return all.size;
}

function toSection(views: ReadonlyMap<string, { readonly status: string }> | undefined) {
  const section = { ...empty };
  for (const { status } of views?.values() ?? []) {
    section.total += 1;
    if (status === 'warning') section.warnings += 1;
    if (status === 'disabled') section.errors += 1;
  }
  return section;
}

/** Names of features, as in Traefik's overview. */
function toProviders({ install: { providers } }: ProcessSource): string[] {
  const { file, kubernetes } = providers;
  const all: readonly (readonly [string, object | undefined])[] = [
    ['File', file],
    ['KubernetesCRD', kubernetes?.crd],
    ['KubernetesIngress', kubernetes?.ingress],
    ['KubernetesGateway', kubernetes?.gateway],
  ];
  return all.flatMap(([name, config]) => (config === undefined ? [] : [name]));
}

/** The first one in Traefik's order. */
function toMetricsName(metrics: ProcessSource['install']['metrics']): string {
  if (metrics === undefined) return '';
  return metrics.prometheus === undefined ? 'OTLP' : 'Prometheus';
}
