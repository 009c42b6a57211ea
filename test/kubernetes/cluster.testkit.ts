import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../packages/testkit/src/until.ts';
import { createTestAuthority } from '../../packages/testkit/src/certificates.ts';

/** A real API server with its etcd: no nodes, and controllers only if they are started. */
export interface TestCluster {
  readonly url: string;
  readonly caFile: string;
  /** Configuration of an administrator, and of a user `gateway` without any role. */
  readonly kubeconfig: string;
  readonly tokens: { readonly admin: string; readonly gateway: string };
  /** Output of kubectl, with or without success; `input` is its standard input. */
  kubectl(args: readonly string[], input?: string): string;
  /** Applies a manifest as `kubectl apply` does. */
  apply(manifest: string, ...flags: readonly string[]): string;
  /** Applies manifests repeatedly until all of them are stored: namespaces and definitions take a moment. */
  applyAll(manifest: string): Promise<void>;
  /** Starts one controller of kube-controller-manager. */
  startController(name: string): void;
  close(): Promise<void>;
}

/** setup-envtest creates a folder without kube-controller-manager. */
export const hasController = (assets: string | undefined): boolean =>
  assets !== undefined && existsSync(join(assets, 'kube-controller-manager'));

const tokens = { admin: 'admin-token', gateway: 'gateway-token' } as const;

/**
 * @param assets a folder with etcd, kube-apiserver and kubectl, as setup-envtest creates it.
 * @param flags of kube-apiserver, in addition to the required ones.
 */
export async function startCluster(
  assets: string,
  flags: Readonly<Record<string, string>> = {},
): Promise<TestCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'grantgate-cluster-'));
  const put = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const [clients, peers, port] = await Promise.all([freePort(), freePort(), freePort()]);
  const authority = createTestAuthority('Cluster');
  const { cert, key } = authority.issue('kube-apiserver', ['127.0.0.1', 'localhost']);
  const account = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const url = `https://127.0.0.1:${port}`;
  const caFile = put('ca.crt', authority.cert);
  const programs = [
    run(join(assets, 'etcd'), {
      'data-dir': join(folder, 'etcd'),
      'listen-client-urls': `http://127.0.0.1:${clients}`,
      'advertise-client-urls': `http://127.0.0.1:${clients}`,
      'listen-peer-urls': `http://127.0.0.1:${peers}`,
      'initial-advertise-peer-urls': `http://127.0.0.1:${peers}`,
      'initial-cluster': `default=http://127.0.0.1:${peers}`,
      'unsafe-no-fsync': 'true',
    }),
    run(join(assets, 'kube-apiserver'), {
      'etcd-servers': `http://127.0.0.1:${clients}`,
      'bind-address': '127.0.0.1',
      'advertise-address': '127.0.0.1',
      'secure-port': String(port),
      'tls-cert-file': put('tls.crt', cert),
      'tls-private-key-file': put('tls.key', key),
      'service-cluster-ip-range': '10.0.0.0/24',
      'disable-admission-plugins': 'ServiceAccount',
      'authorization-mode': 'RBAC',
      'token-auth-file': put(
        'tokens.csv',
        `${tokens.admin},admin,1,"system:masters"\n${tokens.gateway},gateway,2\n`,
      ),
      'service-account-issuer': url,
      'service-account-key-file': put(
        'account.pub',
        account.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      ),
      'service-account-signing-key-file': put(
        'account.key',
        account.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      ),
      ...flags,
    }),
  ];
  const kubeconfig = put('kubeconfig', toKubeconfig(url, caFile));
  const kubectl: TestCluster['kubectl'] = (args, input = '') => {
    try {
      // A cache of the existing kinds would hide new ones.
      rmSync(join(folder, 'cache'), { recursive: true, force: true });
      const own = ['--kubeconfig', kubeconfig, '--cache-dir', join(folder, 'cache')];
      return execFileSync(join(assets, 'kubectl'), [...own, ...args], {
        input,
        encoding: 'utf8',
        stdio: 'pipe',
        maxBuffer: 64 * 1024 * 1024,
      });
    } catch (error) {
      const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string };
      return `${stdout}${stderr}`;
    }
  };
  await until(() => kubectl(['get', '--raw', '/readyz']) === 'ok');
  const apply: TestCluster['apply'] = (manifest, ...flags) =>
    // kubectl reads input that begins with a brace only as JSON, and not as YAML with several documents.
    kubectl(['apply', ...flags, '-f', '-'], `---\n${manifest}`);
  return {
    url,
    caFile,
    kubeconfig,
    tokens,
    kubectl,
    apply,
    async applyAll(manifest) {
      let said = '';
      await until(
        () => !/error|invalid|no matches/i.test((said = apply(manifest))),
        () => `the manifests: ${said}`,
      );
    },
    startController(name) {
      const manager = run(join(assets, 'kube-controller-manager'), {
        kubeconfig,
        controllers: name,
        'leader-elect': 'false',
        'secure-port': '0',
      });
      programs.push(manager);
    },
    async close() {
      await Promise.all(programs.reverse().map(stop));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const run = (program: string, flags: Readonly<Record<string, string>>): ChildProcess =>
  spawn(
    program,
    Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
    { stdio: 'ignore' },
  );

const stop = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null) resolve();
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

const toKubeconfig = (server: string, ca: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server, 'certificate-authority': ca } }],
    users: Object.entries(tokens).map(([name, token]) => ({ name, user: { token } })),
    contexts: Object.keys(tokens).map((user) => ({ name: user, context: { cluster: 'c', user } })),
    'current-context': 'admin',
  });
