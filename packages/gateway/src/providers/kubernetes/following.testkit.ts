import { afterEach, beforeEach } from 'vitest';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FakeClock } from '../../../../testkit/src/fake-clock.ts';
import { createFakeClock, skipWaitsBelow } from '../../../../testkit/src/fake-clock.ts';
import { until } from '../../../../testkit/src/until.ts';
import { parseInstall } from '../../config/parse-install.ts';
import type { DynamicConfiguration } from '../../config/dynamic.ts';
import type { KubernetesProviderConfig } from '../../config/kubernetes-config.ts';
import type { ProviderOutput } from '../provider.ts';
import { translate } from '../translate/translate.ts';
import { createAccess } from './access.ts';
import type { ApiEvent } from './api-event.ts';
import type { TestApiServer } from './api-server.testkit.ts';
import { startApiServer } from './api-server.testkit.ts';
import type { KubernetesProvider } from './provider.ts';
import { createKubernetesProvider } from './provider.ts';

/** A provider that follows a test server, with its outputs. */
export interface FollowingProvider {
  readonly provider: KubernetesProvider;
  /** Skips short waits and otherwise stands still, so that work on real sockets has enough time. */
  readonly clock: FakeClock;
  /** Milliseconds of the skipped waits. */
  readonly waits: readonly number[];
  readonly outputs: readonly ProviderOutput[];
  readonly events: readonly ApiEvent[];
  /** Resolves with the first output. */
  readonly start: () => Promise<void>;
  /** Resolves when the condition holds. */
  readonly until: (condition: () => boolean) => Promise<void>;
  /** Files of the last output's documents, without `kubernetes/`. */
  readonly names: () => readonly string[];
  readonly last: () => ProviderOutput;
  readonly translated: () => DynamicConfiguration;
}

/** Number of watches except those of Secrets: one per kind that is always read. */
export const alwaysWatched = 8;

/** Options with which the provider uses the API server of its pod. */
export const inPod = 'in a pod';

/**
 * `options` below `kubernetesCRD`, in YAML; default: the server's endpoint, authority and token file.
 *
 * @param others other providers of the same cluster, in YAML: `kubernetesIngress: {}`.
 */
export function toConfig(server: TestApiServer, options = '', others = ''): KubernetesProviderConfig {
  const access =
    options === inPod || /kubeconfig:/.test(options)
      ? ''
      : `endpoint: "${server.url}", certAuthFilePath: ${server.caFile}, token: "urn:file:${server.tokenFile}", `;
  const { config, problems } = parseInstall(
    `providers: { kubernetesCRD: { ${access}${options === inPod ? '' : options} }, ${others} }`,
    'g.yaml',
  );
  if (config?.providers.kubernetes === undefined) throw new Error(JSON.stringify(problems));
  return config.providers.kubernetes;
}

export interface FollowOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Folder of the service account's files. */
  readonly root?: string;
  /** Waits below this many milliseconds are skipped; default 1000. */
  readonly skipBelowMs?: number;
  /** Other providers of the same cluster, in YAML: `kubernetesIngress: {}`. */
  readonly others?: string;
  /** Random value for back-off; default 0, the minimum. */
  readonly random?: number | (() => number);
}

export function follow(server: TestApiServer, options = '', more: FollowOptions = {}): FollowingProvider {
  const { env = {}, root, others, skipBelowMs = 1000, random = 0 } = more;
  const clock = createFakeClock();
  const skipping = skipWaitsBelow(skipBelowMs, clock);
  const outputs: ProviderOutput[] = [];
  const events: ApiEvent[] = [];
  const config = toConfig(server, options, others);
  const provider = createKubernetesProvider(config, {
    access: createAccess(config, { env, clock: skipping, ...(root !== undefined && { root }) }),
    clock: skipping,
    onEvent: (event) => void events.push(event),
    instance: 'gateway-1',
    random: typeof random === 'number' ? () => random : random,
  });
  const last = (): ProviderOutput => {
    const output = outputs.at(-1);
    if (output === undefined) throw new Error('nothing was emitted');
    return output;
  };
  return {
    provider,
    clock,
    waits: skipping.waits,
    outputs,
    events,
    until: async (condition) => {
      await until(condition);
    },
    last,
    async start() {
      await provider.start((output) => void outputs.push(output));
    },
    names: () => last().documents.map(({ file }) => file.replace('kubernetes/', '')),
    translated: () => translate(last().documents, last().problems, last().unreadSecrets),
  };
}

/** Opens a provider, which is closed after the test. */
export interface ProviderFixture {
  readonly open: (options?: string, more?: FollowOptions) => FollowingProvider;
  /** The same, and waits for its first output. */
  readonly start: (options?: string, more?: FollowOptions) => Promise<FollowingProvider>;
}

/** Starts a separate API server for each test. @param onServer called before the test. */
export function useApiServer(onServer: (server: TestApiServer) => void): ProviderFixture {
  let server: TestApiServer;
  let following: FollowingProvider | undefined;
  beforeEach(async () => {
    server = await startApiServer();
    onServer(server);
  });
  afterEach(async () => {
    following?.provider.close();
    following = undefined;
    await server.close();
  });
  const open: ProviderFixture['open'] = (options, more) => (following = follow(server, options, more));
  return {
    open,
    async start(options, more) {
      const opened = open(options, more);
      await opened.start();
      return opened;
    },
  };
}

/** Writes a token to the file that the clients of a server read. */
export const rotateToken = (server: TestApiServer, token: string): Promise<void> =>
  writeFile(join(server.folder, 'token'), `${token}\n`);

/** A protected route with all objects that it needs, in a namespace. */
export const shop = (namespace: string): string => `
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: { name: shop, namespace: ${namespace} }
spec:
  routes:
    - match: PathPrefix(\`/${namespace}\`)
      kind: Rule
      middlewares: [{ name: auth }]
      services: [{ name: web, port: 80 }]
---
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: { name: auth, namespace: ${namespace} }
spec:
  plugin:
    oAuthClientCredentials:
      url: https://issuer.example.com/token
      clientID: urn:k8s:secret:keys:id
      clientSecret: urn:k8s:secret:keys:secret
---
apiVersion: v1
kind: Secret
metadata: { name: keys, namespace: ${namespace} }
stringData: { id: shop, secret: hunter2-${namespace} }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: ${namespace} }
spec: { ports: [{ port: 80 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: web-1, namespace: ${namespace}, labels: { kubernetes.io/service-name: web } }
addressType: IPv4
ports: [{ port: 8080 }]
endpoints: [{ addresses: [10.0.0.1] }]
`;
