import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createFifo } from '../files/special-files.testkit.ts';
import type { TestApiServer } from '../providers/kubernetes/api-server.testkit.ts';
import { startApiServer } from '../providers/kubernetes/api-server.testkit.ts';
import { follow, shop } from '../providers/kubernetes/following.testkit.ts';
import { runCommand } from './io.testkit.ts';

let server: TestApiServer;
beforeEach(async () => {
  server = await startApiServer();
});
afterEach(() => server.close());
const check = (...argv: string[]) => runCommand(['check', '--kubernetes', ...argv], { cwd: server.folder });

describe('grantgate check --kubernetes', () => {
  it('refuses a kubeconfig that is not a regular file, and one that refers to such a file', async () => {
    const fifo = createFifo(join(server.folder, 'fifo'));
    const { code, stdout } = await check('--kubeconfig', 'fifo');
    expect(code).toBe(1);
    expect(stdout).toContain(
      `the kubeconfig is invalid: ${fifo} is a FIFO: expected a regular file of at most 64 MiB`,
    );
    const text = await readFile(join(server.folder, 'kubeconfig'), 'utf8');
    const config = parse(text) as {
      clusters: { cluster: Record<string, unknown> }[];
      users: { user: Record<string, unknown> }[];
    };
    const cluster = config.clusters[0]!.cluster;
    const user = config.users[0]!.user;
    const provider = { name: 'file', config: { tokenFile: '/dev/zero' } };
    for (const [named, change] of [
      [fifo, () => (cluster['certificate-authority'] = 'fifo')],
      ['/dev/zero', () => (cluster['certificate-authority'] = '/dev/zero')],
      [
        fifo,
        () => ((cluster['certificate-authority'] = server.caFile), (user['client-certificate'] = 'fifo')),
      ],
      [fifo, () => ((user['client-certificate'] = undefined), (user['client-key'] = fifo))],
      ['/dev/zero', () => ((user['client-key'] = undefined), (user['auth-provider'] = provider))],
      [fifo, () => ((user['token'] = undefined), (user['token-file'] = fifo))],
    ] as const) {
      change();
      await writeFile(join(server.folder, 'other'), JSON.stringify(config));
      const other = await check('--kubeconfig', 'other');
      expect(other.code).toBe(1);
      expect(other.stdout).toMatch(
        new RegExp(`is invalid: ${named} is a (FIFO|device): expected a regular file of at most 1 MiB`),
      );
    }
  });

  it('reports no problems in a correct cluster, and exits 0', async () => {
    server.apply(shop('apps'));
    expect(await check('--kubeconfig', 'kubeconfig')).toEqual({
      code: 0,
      stdout: '0 errors, 0 warnings (1 router, 1 middleware, 1 service)\n',
      stderr: '',
    });
  });

  it('reports each broken object in the given namespaces', async () => {
    server.apply(shop('apps').replace('https:', 'ftp:'));
    server.apply(shop('shop').replace('keys:secret', 'keys:no'));
    const all = await check('--kubeconfig', 'kubeconfig');
    expect(all.code).toBe(1);
    expect(all.stdout).toContain('kubernetes/Middleware/apps/auth: error: apps-auth@kubernetescrd.url: ');
    expect(all.stdout).toContain('the Secret shop/keys has no key no [missing_secret]');
    expect(all.stdout).not.toContain('hunter2');
    const one = await check('--kubeconfig', 'kubeconfig', '-n', 'shop', '--json');
    const { problems } = JSON.parse(one.stdout) as { problems: readonly { object: unknown }[] };
    expect(problems.map(({ object }) => object)).toEqual([
      { kind: 'Middleware', namespace: 'shop', name: 'auth' },
    ]);
  });

  it('reports the same problems as serve, with the options of an install configuration', async () => {
    server.apply(shop('apps').replace('port: 80 }]\n---', 'port: 81 }]\n---'));
    server.apply(shop('shop').replaceAll('name: auth', 'name: auth, namespace: other'));
    await writeFile(
      join(server.folder, 'grantgate.yaml'),
      `providers: { kubernetesCRD: { endpoint: "${server.url}", token: ${server.token}, certAuthFilePath: ca.crt } }`,
    );
    const { stdout } = await check('--config', 'grantgate.yaml', '--json');
    const { problems } = JSON.parse(stdout) as { problems: readonly { message: string }[] };
    const following = follow(server);
    await following.start();
    expect(problems.map(({ message }) => message)).toEqual(
      following.translated().problems.map(({ message }) => message),
    );
    expect(problems.length).toBeGreaterThan(1);
    following.provider.close();
  });

  it('refuses references to the local machine, except allowed ones', async () => {
    const own = join(server.folder, 'token');
    for (const [namespace, reference] of [
      ['apps', `urn:file:${own}`],
      ['shop', 'URN:ENV:HOME'],
      ['other', 'urn:env:TEAM_ID'],
    ] as const)
      server.apply(shop(namespace).replace('urn:k8s:secret:keys:id', reference));
    const none = await check('--kubeconfig', 'kubeconfig');
    expect(none.code).toBe(1);
    expect(none.stdout.match(/\[forbidden_reference\]/g)).toHaveLength(3);
    expect(none.stdout).toContain(
      `kubernetes/Middleware/apps/auth: error: apps-auth@kubernetescrd.clientID: urn:file:${own}: not allowed here`,
    );
    await writeFile(
      join(server.folder, 'grantgate.yaml'),
      `providers: { kubernetesCRD: { kubeconfig: kubeconfig, allowLocalReferences: ["urn:file:${server.folder}/", "urn:env:TEAM_*"] } }`,
    );
    const some = await check('--config', 'grantgate.yaml');
    expect(some.stdout.match(/\[forbidden_reference\]/g)).toHaveLength(1);
    expect(some.stdout).toContain('urn:env:TEAM_ID: the environment variable TEAM_ID is not set');
    expect(some.stdout).not.toContain('apps-auth');
  });

  it('reports missing permissions, and an unreachable cluster', async () => {
    server.apply(shop('apps'));
    server.forbid('secrets');
    const refused = await check('--kubeconfig', 'kubeconfig');
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain('the Secret apps/keys cannot be read');
    await server.stop();
    const away = await check('--kubeconfig', 'kubeconfig');
    expect(away.code).toBe(1);
    expect(away.stdout).toContain('the IngressRoutes of all namespaces cannot be read: connect ECONNREFUSED');
  });

  it('exits 2 for flags that have no meaning here', async () => {
    expect((await runCommand(['check', '--context', 'x', '.'])).code).toBe(2);
    expect((await check('-n', '*')).code).toBe(2);
  });

  it('lists with -v the objects of another class, and objects that are not served', async () => {
    server.apply(shop('apps'));
    const classed = (name: string, spec: string, metadata = ''): string =>
      shop('apps')
        .split('---')[0]!
        .replace('name: shop', `name: ${name}${metadata}`)
        .replace('spec:', `spec:\n  ${spec}`);
    server.apply(classed('nginx', 'ingressClassName: nginx'));
    server.apply(classed('old', '', ', annotations: { kubernetes.io/ingress.class: internal }'));
    server.apply('{ kind: Ingress, metadata: { name: i, namespace: apps } }');
    server.apply('{ kind: HTTPRoute, metadata: { name: h, namespace: apps } }');
    const quiet = await check('--kubeconfig', 'kubeconfig');
    expect(quiet.stdout).toBe('0 errors, 0 warnings (1 router, 1 middleware, 1 service)\n');
    const { code, stdout } = await check('--kubeconfig', 'kubeconfig', '-v');
    expect(code).toBe(0);
    const expected = 'without ingressClass, those without a class and those of traefik are read';
    expect(stdout.split('\n').slice(0, 4)).toEqual([
      `the IngressRoute apps/nginx is not served: its class is nginx, and ${expected}`,
      `the IngressRoute apps/old is not served: its class is internal, and ${expected}`,
      '1 object of the kind Ingress in the cluster is not served: add providers.kubernetesIngress',
      '1 object of the kind HTTPRoute in the cluster is not served: add providers.kubernetesGateway',
    ]);
    await writeFile(
      join(server.folder, 'grantgate.yaml'),
      'providers: { kubernetesCRD: { kubeconfig: kubeconfig, ingressClass: nginx } }',
    );
    const other = await check('--config', 'grantgate.yaml', '--json');
    expect((JSON.parse(other.stdout) as { notes: readonly string[] }).notes.slice(0, 2)).toEqual([
      'the IngressRoute apps/old is not served: its class is internal, and ingressClass is nginx',
      'the IngressRoute apps/shop is not served: it has no class, and ingressClass is nginx',
    ]);
  });

  it('finds a namespace that does not exist, unless no role lets it look', async () => {
    server.apply(shop('apps'));
    const { code, stdout } = await check('--kubeconfig', 'kubeconfig', '-n', 'apps', 'nowhere');
    expect(code).toBe(1);
    expect(stdout).toContain('there is no namespace nowhere [missing_namespace]');
    expect(stdout).not.toContain('there is no namespace apps');
    server.forbid('namespaces');
    expect((await check('--kubeconfig', 'kubeconfig', '-n', 'nowhere')).code).toBe(0);
  });

  it('warns of definitions that drop unknown fields, and reports whether they were overwritten', async () => {
    server.apply(shop('apps'));
    const definition = (annotations: string, keeps: boolean): string => `
kind: CustomResourceDefinition
metadata: { name: ingressroutes.traefik.io, annotations: {${annotations}} }
spec: { versions: [{ schema: { openAPIV3Schema: { properties: { spec: { x-kubernetes-preserve-unknown-fields: ${keeps} } } } } }] }
`;
    const ours = 'grantgate.dev/keeps-unknown-fields: "true"';
    for (const [annotations, keeps, says] of [
      [ours, true, []],
      [ours, false, ['the definition of IngressRoute has been overwritten by one that drops unknown fields']],
      ['', false, ["the definition of IngressRoute is not grantgate's and drops unknown fields"]],
    ] as const) {
      server.apply(definition(annotations, keeps));
      const { code, stdout } = await check('--kubeconfig', 'kubeconfig');
      expect(code).toBe(0);
      expect(Array.from(stdout.matchAll(/warning: ([^:;]*)/g), ([, text]) => text)).toEqual(says);
    }
  });

  it('warns of a line break at the end of a client ID or a client secret, and shows neither', async () => {
    server.apply(
      shop('apps').replace('id: shop, secret: hunter2-apps', 'id: "shop\\n", secret: "hunter2\\r\\n"'),
    );
    const { code, stdout } = await check('--kubeconfig', 'kubeconfig');
    expect(code).toBe(0);
    for (const [option, key] of [
      ['clientID', 'id'],
      ['clientSecret', 'secret'],
    ] as const)
      expect(stdout).toContain(
        `apps-auth@kubernetescrd.${option}: urn:k8s:secret:keys:${key}: its value ends with a line break, which is sent unchanged [trailing_newline]`,
      );
    expect(stdout).not.toContain('hunter2');
  });
});
