import { afterEach, beforeEach } from 'vitest';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FakeClock } from '../../../../testkit/src/fake-clock.ts';
import { createFakeClock, skipWaitsBelow } from '../../../../testkit/src/fake-clock.ts';
import { until } from '../../../../testkit/src/until.ts';
import { parseInstall } from '../../config/parse-install.ts';
import type { DynamicConfiguration } from '../../config/dynamic.ts';
import type { KubernetesProviderConfig } from '../../config/install.ts';
import type { ProviderOutput } from '../provider.ts';
import { translate } from '../translate/translate.ts';
import { createAccess } from './access.ts';
import type { ApiEvent } from './api-event.ts';
import type { TestApiServer } from './api-server.testkit.ts';
import { startApiServer } from './api-server.testkit.ts';
import type { KubernetesProvider } from './provider.ts';
import { createKubernetesProvider } from './provider.ts';

/** A provider that follows a test server, with what it has emitted. */
export interface FollowingProvider {
  readonly provider: KubernetesProvider;
  /** Stands still but for short waits, which are over at once: real work on sockets has all the time that it takes. */
  readonly clock: FakeClock;
  /** Milliseconds of those short waits. */
  readonly waits: readonly number[];
  readonly outputs: readonly ProviderOutput[];
  readonly events: readonly ApiEvent[];
  /** Resolves when the first output is there. */
  readonly start: () => Promise<void>;
  /** Resolves when the condition holds. */
  readonly until: (condition: () => boolean) => Promise<void>;
  /** Files of the last output's documents, without `kubernetes/`. */
  readonly names: () => readonly string[];
  readonly last: () => ProviderOutput;
  readonly translated: () => DynamicConfiguration;
}

/** Watches without those of Secrets: one for each kind that is always read. */
export const alwaysWatched = 8;

/** Options that leave the way to the server to the pod which the provider runs in. */
export const inPod = 'in a pod';

/**
 * `options` as they stand below `kubernetesCRD`, in YAML; default: the server's endpoint, authority and a file of its token.
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
  /** Waits that are short; default 1000. */
  readonly skipBelowMs?: number;
  /** Other providers of the same cluster, in YAML: `kubernetesIngress: {}`. */
  readonly others?: string;
  /** Of back-off, default 0: the least. */
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

/** Opens the provider of a test, which is closed when the test ends. */
export interface ProviderFixture {
  readonly open: (options?: string, more?: FollowOptions) => FollowingProvider;
  /** The same, and waits for its first output. */
  readonly start: (options?: string, more?: FollowOptions) => Promise<FollowingProvider>;
}

/** Gives each test an API server of its own. @param onServer called before the test. */
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

/** Puts a token where the clients of a server read it. */
export const rotateToken = (server: TestApiServer, token: string): Promise<void> =>
  writeFile(join(server.folder, 'token'), `${token}\n`);

/** A guarded route with everything that it needs, in a namespace. */
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
