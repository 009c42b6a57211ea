import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { connect as connectTls } from 'node:tls';
import { parse } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway } from '../../packages/gateway/src/compose.ts';
import { parseInstall } from '../../packages/gateway/src/config/parse-install.ts';
import type { Gateway } from '../../packages/gateway/src/start/gateway.ts';
import { createTestAuthority, type TestCertificate } from '../../packages/testkit/src/certificates.ts';
import { startEchoServer, type EchoServer } from '../../packages/testkit/src/echo-server.ts';
import { readText } from '../deploy/manifests.testkit.ts';
import { createCapturedSink } from '../e2e/gateway.testkit.ts';
import { requestOverTls, type TlsRequest, type TlsResponse } from '../e2e/tls.testkit.ts';
import { startCluster, type TestCluster } from './cluster.testkit.ts';

const assets = process.env['KUBEBUILDER_ASSETS'];
const slow = 120_000;
const authority = createTestAuthority('Callers');
const client = authority.issue('caller');
const inner = createTestAuthority('Servers');

const secret = (name: string, { cert, key }: TestCertificate): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'apps' },
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': Buffer.from(cert).toString('base64'), 'tls.key': Buffer.from(key).toString('base64') },
  });
const issue = (host: string, commonName = host): TestCertificate => authority.issue(commonName, [host]);
const traefik = (kind: string, name: string, spec: string): string =>
  `{ apiVersion: traefik.io/v1alpha1, kind: ${kind}, metadata: { name: ${name}, namespace: apps }, spec: ${spec} }`;
const route = (host: string, tls: string, service = 'name: web, port: real'): string =>
  traefik(
    'IngressRoute',
    host.replaceAll('.', '-'),
    `{ routes: [{ match: Host(\`${host}\`), services: [{ ${service} }] }], tls: ${tls} }`,
  );
const service = (name: string, port: number): string =>
  `{ apiVersion: v1, kind: Service, metadata: { name: ${name}, namespace: apps }, spec: { type: ExternalName, externalName: localhost, ports: [{ name: real, port: ${port} }] } }`;
const configMap = JSON.stringify({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'roots', namespace: 'apps' },
  data: { 'ca.crt': inner.cert },
});

/** kubectl reads input that begins with a brace as JSON. */
const toList = (manifests: readonly string[]): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests.map((text) => parse(text) as object) });

const objects = (port: number, tlsPort: number): readonly string[] => [
  service('web', port),
  service('tls-web', tlsPort),
  secret('plain', issue('plain.example')),
  secret('ingress', issue('ingress.example')),
  secret('store', issue('store.example')),
  secret('standard', issue('standard.example')),
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'callers', namespace: 'apps' },
    data: { 'ca.crt': Buffer.from(authority.cert).toString('base64') },
  }),
  route('plain.example', '{ secretName: plain }', `name: web, port: real`),
  route('store.example', '{}', `name: web, port: real`),
  traefik(
    'TLSStore',
    'default',
    '{ defaultCertificate: { secretName: standard }, certificates: [{ secretName: store }] }',
  ),
  traefik('TLSOption', 'mutual', '{ clientAuth: { secretNames: [callers] } }'),
  route('mutual.example', '{ options: { name: mutual } }', `name: web, port: real`),
  configMap,
  traefik('ServersTransport', 'inner', '{ serverName: inner.example, rootCAs: [{ configMap: roots }] }'),
  traefik('ServersTransport', 'system', '{ serverName: inner.example }'),
  route('trusted.example', '{}', `name: tls-web, port: real, scheme: https, serversTransport: inner`),
  route('untrusted.example', '{}', `name: tls-web, port: real, scheme: https, serversTransport: system`),
  traefik(
    'TraefikService',
    'split',
    '{ weighted: { services: [{ name: web, port: real }, { name: nested, kind: TraefikService }] } }',
  ),
  traefik(
    'TraefikService',
    'nested',
    '{ weighted: { services: [{ name: tls-web, port: real, scheme: https, serversTransport: inner }] } }',
  ),
  route('split.example', '{}', `name: split, kind: TraefikService`),
  `{ apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: { name: i, namespace: apps, annotations: { traefik.ingress.kubernetes.io/router.tls: "true" } }, spec: { tls: [{ secretName: ingress }], rules: [{ host: ingress.example, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { name: real } } } }] } }] } }`,
];

describe.runIf(assets !== undefined)('TLS of a real cluster', () => {
  let cluster: TestCluster;
  let gateway: Gateway;
  let upstream: EchoServer;
  const secured = createTlsServer(inner.issue('inner', ['inner.example']), (_request, response) => {
    response.end('over TLS');
  });
  const log = createCapturedSink();
  const request = (sni: string, more: Partial<TlsRequest> = {}): Promise<TlsResponse> =>
    requestOverTls(gateway.addresses.get('web')!.port, { sni, ...more });

  beforeAll(async () => {
    cluster = await startCluster(assets!);
    upstream = await startEchoServer();
    await new Promise<void>((resolve) => secured.listen(0, 'localhost', resolve));
    for (const name of [
      'ingressroutes',
      'middlewares',
      'tlsoptions',
      'tlsstores',
      'serverstransports',
      'traefikservices',
    ])
      await cluster.applyAll(readText(`deploy/kubernetes/crds/${name}.yaml`));
    for (const roles of ['roles', 'ingress/roles'])
      await cluster.applyAll(readText(`deploy/kubernetes/${roles}.yaml`));
    for (const role of ['grantgate', 'grantgate-ingress'])
      cluster.kubectl([
        'create',
        'clusterrolebinding',
        `user-${role}`,
        `--clusterrole=${role}`,
        '--user=gateway',
      ]);
    cluster.kubectl(['create', 'namespace', 'apps']);
    await cluster.applyAll(toList(objects(upstream.port, (secured.address() as AddressInfo).port)));
    const { config } = parseInstall(
      `
entryPoints: { web: { address: "127.0.0.1:0" } }
providers:
  kubernetesCRD: { endpoint: "${cluster.url}", certAuthFilePath: ${cluster.caFile}, token: ${cluster.tokens.gateway}, allowExternalNameServices: true }
  kubernetesIngress: { allowExternalNameServices: true }
`,
      'grantgate.yaml',
    );
    gateway = await startGateway(config!, { env: {}, stdout: createCapturedSink(), stderr: log });
  }, slow);
  afterAll(async () => {
    await gateway.drain();
    secured.close();
    await Promise.all([cluster.close(), upstream.close()]);
  }, slow);

  it.each([
    ['plain.example', 'plain.example'],
    ['store.example', 'store.example'],
    ['ingress.example', 'ingress.example'],
    ['split.example', 'standard.example'],
  ])('presents to %s the certificate of %s', async (sni, shown) => {
    expect(await request(sni)).toMatchObject({ status: 200, shown });
  });

  it('requires the certificate that a TLSOption demands', async () => {
    expect((await request('mutual.example')).status).toBe('refused');
    expect((await request('mutual.example', client)).status).toBe(200);
  });

  it('trusts the servers that a ServersTransport names, and no others', async () => {
    expect(await request('trusted.example')).toMatchObject({
      status: 200,
      body: expect.stringContaining('over TLS') as string,
    });
    expect((await request('untrusted.example')).status).toBe(502);
  });

  it('spreads requests over the services of a TraefikService', async () => {
    const bodies = await Promise.all(
      Array.from({ length: 4 }, async () => (await request('split.example')).body),
    );
    expect(bodies.filter((body) => body.includes('over TLS'))).toHaveLength(2);
  });

  it(
    'presents a rotated certificate without a restart, and closes no connection for it',
    async () => {
      const socket = connectTls({
        host: '127.0.0.1',
        port: gateway.addresses.get('web')!.port,
        servername: 'plain.example',
        rejectUnauthorized: false,
      });
      await new Promise((resolve) => socket.once('secureConnect', resolve));
      cluster.apply(toList([secret('plain', issue('plain.example', 'renewed'))]));
      await expect
        .poll(async () => (await request('plain.example')).shown, { timeout: 10_000 })
        .toBe('renewed');
      socket.write('GET / HTTP/1.1\r\nHost: plain.example\r\n\r\n');
      const [first] = await new Promise<Buffer[]>((resolve) =>
        socket.once('data', (...data) => resolve(data)),
      );
      expect(first!.toString('latin1')).toMatch(/^HTTP\/1\.1 200/);
      socket.destroy();
    },
    slow,
  );

  it(
    'reports a missing Secret in the log and in an Event, and presents the default certificate',
    async () => {
      cluster.apply(toList([route('missing.example', '{ secretName: nowhere }', 'name: web, port: real')]));
      const events = (): string =>
        cluster.kubectl(['get', 'events.events.k8s.io', '-n', 'apps', '-o', 'jsonpath={.items[*].note}']);
      await expect
        .poll(events, { timeout: 20_000, interval: 500 })
        .toContain('there is no Secret apps/nowhere');
      expect(log.text()).toContain('there is no Secret apps/nowhere');
      expect(await request('missing.example')).toMatchObject({ status: 200, shown: 'standard.example' });
    },
    slow,
  );
});
