import type { ProblemDetails } from './problem.ts';

/**
 * Static options of Traefik that are not served, by path; `*` stands for any name. Each is ignored with a warning that has
 * the reason.
 */
const unserved: Readonly<Record<string, string>> = {
  global: 'grantgate sends no statistics and does not check for new versions',
  certificatesResolvers: 'grantgate requests no certificates; certificates are read from files',
  experimental: 'plugins and experimental features of Traefik are not available',
  'serversTransport.spiffe': 'SPIFFE identities are not available',
  hostResolver: 'CNAMEs are not followed',
  tcpServersTransport: 'TCP services are not served',
  core: 'rules have the syntax of Traefik 3',
  spiffe: 'SPIFFE identities are not available',
  ocsp: 'OCSP responses are not stapled',
  hub: 'grantgate does not register with Traefik Hub',
  'api.debug': 'there are no debugging routes',
  'api.disableDashboardAd': 'the dashboard has no advertisement',
  'api.dashboardName': 'the dashboard names no instance',
  'ping.manualRouting': 'ping@internal is not a service here; /ping is served on the entry point of ping',
  'metrics.addInternals': 'requests for /ping and /metrics are not counted',
  'metrics.prometheus.manualRouting':
    'prometheus@internal is not a service here; /metrics is served on the entry point of metrics.prometheus',
  'metrics.prometheus.headerLabels': 'headers of callers cannot be labels',
  'metrics.datadog': 'metrics are served for Prometheus and exported over OTLP',
  'metrics.statsD': 'metrics are served for Prometheus and exported over OTLP',
  'metrics.influxDB2': 'metrics are served for Prometheus and exported over OTLP',
  'log.noColor': 'the log has no colours',
  'providers.docker': 'routes come from files and Kubernetes',
  'providers.swarm': 'routes come from files and Kubernetes',
  'providers.kubernetesIngressNGINX': 'routes come from files and Kubernetes',
  'providers.knative': 'routes come from files and Kubernetes',
  'providers.rest': 'routes come from files and Kubernetes',
  'providers.consulCatalog': 'routes come from files and Kubernetes',
  'providers.nomad': 'routes come from files and Kubernetes',
  'providers.ecs': 'routes come from files and Kubernetes',
  'providers.consul': 'routes come from files and Kubernetes',
  'providers.etcd': 'routes come from files and Kubernetes',
  'providers.zooKeeper': 'routes come from files and Kubernetes',
  'providers.redis': 'routes come from files and Kubernetes',
  'providers.http': 'routes come from files and Kubernetes',
  'providers.plugin': 'routes come from files and Kubernetes',
  'providers.precedence': 'priorities and the length of rules decide between routers',
  'providers.providersThrottleDuration': 'changes take effect together, 50 ms after the first',
  'providers.file.debugLogGeneratedTemplate': 'rendered files are not logged',
  'providers.*.allowEmptyServices': 'a route whose Service has no endpoints responds with 503',
  'providers.*.nativeLBByDefault': 'requests go to the endpoints of a Service',
  'providers.*.disableClusterScopeResources': 'cluster-scoped objects are not read',
  'providers.kubernetesGateway.experimentalChannel': 'routes of the experimental channel are not served',
  'providers.kubernetesGateway.statusAddress': 'no address is written to the status of a Gateway',
  'providers.kubernetesIngress.ingressEndpoint': 'no address is written to the status of an Ingress',
  'providers.*.safeNaming': 'names that two namespaces share are refused',
  'entryPoints.*.reusePort': 'workers share a port without it',
  'entryPoints.*.http3': 'callers are served HTTP/2 and HTTP/1.1',
  'entryPoints.*.udp': 'UDP is not served',
  'entryPoints.*.observability.traceVerbosity': 'every span of a sampled request is exported',
  'entryPoints.*.forwardedHeaders.connection': 'headers that Connection names are dropped',
  'entryPoints.*.forwardedHeaders.notAppendXForwardedFor':
    'the address of the peer is appended to X-Forwarded-For',
  'entryPoints.*.http.encodeQuerySemicolons': 'semicolons in a query are left as they are',
  'entryPoints.*.http.sanitizePath': 'paths are always normalised before a rule sees them',
  'entryPoints.*.http.aliasHeadersStrategy': 'every spelling of a header that grantgate sets is deleted',
  'entryPoints.*.http.underscoreHeadersStrategy': 'every spelling of a header that grantgate sets is deleted',
};

/** Options that Traefik silently ignores at this position, with advice. */
const misplaced: Readonly<Record<string, string>> = {
  http: 'routes belong in a file of providers.file',
  tcp: 'TCP is not served',
  udp: 'UDP is not served',
  tls: 'certificates and TLS options belong in a file of providers.file',
  defaultEntryPoints: 'it belongs to Traefik 1: set entryPoints.NAME.asDefault',
  logLevel: 'it belongs to Traefik 1: set log.level',
  debug: 'it belongs to Traefik 1: set log.level',
  ...Object.fromEntries(
    [
      ...['accessLogsFile', 'acme', 'backends', 'boltdb', 'checkNewVersion', 'cluster', 'constraints'],
      ...[
        'consul',
        'consulCatalog',
        'docker',
        'dynamodb',
        'ecs',
        'etcd',
        'eureka',
        'file',
        'forwardingTimeouts',
      ],
      ...[
        'frontends',
        'graceTimeOut',
        'healthcheck',
        'idleTimeout',
        'insecureSkipVerify',
        'keepTrailingSlash',
      ],
      ...['kubernetes', 'lifeCycle', 'marathon', 'maxIdleConnsPerHost', 'mesos', 'providersThrottleDuration'],
      ...['rancher', 'respondingTimeouts', 'rest', 'retry', 'rootCAs', 'sendAnonymousUsage', 'servicefabric'],
      ...['statistics', 'traefikLogsFile', 'web', 'zookeeper', 'allowMinWeightZero'],
    ].map((name) => [name, 'it belongs to Traefik 1']),
  ),
};

const entries = (table: Readonly<Record<string, string>>) =>
  Object.entries(table).map(([path, reason]) => ({ path, names: path.toLowerCase().split('.'), reason }));
const unservedEntries = entries(unserved);
const misplacedEntries = entries(misplaced);

/** Every option of Traefik's static configuration that is ignored, by path, with the reason. */
export const unservedOptions: readonly { readonly path: string; readonly reason: string }[] =
  Object.freeze(unservedEntries);

/** The message for an option of the install configuration that the schema does not have; undefined: it is unknown. */
export function explainInstallOption(path: readonly string[]): ProblemDetails | undefined {
  const names = path.map((name) => name.toLowerCase());
  if (names.length === 1 && names[0] === 'pilot')
    return {
      code: 'unsupported_option',
      message: 'pilot is not supported: Traefik 3 refuses it, too; remove it',
    };
  const fits = (known: readonly string[]): boolean =>
    known.length === names.length && known.every((name, index) => name === '*' || name === names[index]);
  const found =
    unservedEntries.find((entry) => fits(entry.names)) ?? misplacedEntries.find((entry) => fits(entry.names));
  return (
    found && {
      code: 'unserved_option',
      severity: 'warning',
      message: `${path.join('.')} is not served and is ignored: ${found.reason}`,
    }
  );
}

/** The names of options that are not served, at a path. */
export function unservedNamesAt(path: readonly string[]): readonly string[] {
  return unservedEntries.flatMap(({ path: full, names }) =>
    names.length === path.length + 1 &&
    path.every((name, index) => names[index] === '*' || names[index] === name.toLowerCase())
      ? (full.split('.').at(-1) ?? [])
      : [],
  );
}
