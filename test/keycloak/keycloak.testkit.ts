import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createTestAuthority } from '../../packages/testkit/src/certificates.ts';
import { findClosedPort } from '../../packages/testkit/src/scripted-server.ts';

/** A real Keycloak, with its own realm over TLS for the test. */
export interface Keycloak {
  /** `https://127.0.0.1:PORT/realms/test` */
  readonly issuer: string;
  readonly tokenUrl: string;
  /** PEM of the authority that signed its certificate; Keycloak accepts client certificates of this authority. */
  readonly ca: string;
  /** A certificate that this authority signed. */
  issueClient(commonName: string): { readonly cert: string; readonly key: string };
  /** A request to the Admin REST API, below `/admin/realms/test`. */
  admin(method: string, path: string, body?: object): Promise<unknown>;
  /** Revokes a token (RFC 7009) as the client to which it was issued. */
  revoke(token: string, client: { readonly clientId: string; readonly secret: string }): Promise<void>;
  /** Kills it. */
  kill(): Promise<void>;
  /** Restarts it on the same port, with the same realm and new keys. */
  start(): Promise<void>;
  close(): Promise<void>;
}

const realm = 'test';

/** @param clients as Keycloak's Admin REST API has them. @throws Error without `KEYCLOAK_HOME`. */
export async function startKeycloak(clients: readonly object[]): Promise<Keycloak> {
  const home = process.env['KEYCLOAK_HOME'];
  if (home === undefined) throw new Error('KEYCLOAK_HOME is not set: run make test-keycloak');
  const folder = mkdtempSync(join(tmpdir(), 'grantgate-keycloak-'));
  const authority = createTestAuthority();
  const server = authority.issue('127.0.0.1', ['127.0.0.1']);
  for (const [name, pem] of Object.entries({ 'ca.pem': authority.cert, 'server.pem': server.cert, 'server.key': server.key }))
    writeFileSync(join(folder, name), pem);
  const [port, plainPort, managementPort] = [await findClosedPort(), await findClosedPort(), await findClosedPort()];
  const origin = `https://127.0.0.1:${port}`;
  const agent = new Agent({ ca: authority.cert });
  const call = createCall(origin, agent);
  const send = createSend(call);
  let child: ChildProcess | undefined;
  let output = '';

  const launch = async (): Promise<void> => {
    const started = spawn(
      join(home, 'bin/kc.sh'),
      [
        'start-dev',
        '--db=dev-mem',
        `--http-port=${plainPort}`,
        `--https-port=${port}`,
        `--http-management-port=${managementPort}`,
        `--https-certificate-file=${join(folder, 'server.pem')}`,
        `--https-certificate-key-file=${join(folder, 'server.key')}`,
        '--https-client-auth=request',
        `--truststore-paths=${join(folder, 'ca.pem')}`,
      ],
      {
        env: { ...process.env, KC_BOOTSTRAP_ADMIN_USERNAME: 'admin', KC_BOOTSTRAP_ADMIN_PASSWORD: 'admin' },
        stdio: ['ignore', 'pipe', 'pipe'],
        // kc.sh may run Java in another process: the whole group is ended.
        detached: true,
      },
    );
    child = started;
    output = '';
    await new Promise<void>((resolve, reject) => {
      started.on('error', reject).on('exit', () => reject(new Error(`Keycloak ended:\n${output}`)));
      for (const stream of [started.stdout, started.stderr])
        stream.on('data', (chunk: Buffer) => {
          output = (output + chunk.toString()).slice(-20_000);
          if (output.includes('Listening on:')) resolve();
        });
    });
    await send('POST', '/admin/realms', { realm, enabled: true, accessTokenLifespan: 300, clients });
  };

  const kill = async (): Promise<void> => {
    const running = child;
    if (running?.pid === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const ended = once(running, 'exit');
    process.kill(-running.pid, 'SIGKILL');
    await ended;
  };

  const keycloak: Keycloak = {
    issuer: `${origin}/realms/${realm}`,
    tokenUrl: `${origin}/realms/${realm}/protocol/openid-connect/token`,
    ca: authority.cert,
    issueClient: (commonName) => authority.issue(commonName),
    admin: (method, path, body) => send(method, `/admin/realms/${realm}${path}`, body),
    async revoke(token, { clientId, secret }) {
      const form = { 'content-type': 'application/x-www-form-urlencoded' };
      const body = new URLSearchParams({ token, client_id: clientId, client_secret: secret });
      await call('POST', `/realms/${realm}/protocol/openid-connect/revoke`, form, body.toString());
    },
    kill,
    start: launch,
    async close() {
      await kill();
      agent.destroy();
      rmSync(folder, { recursive: true });
    },
  };
  try {
    await launch();
    return keycloak;
  } catch (error) {
    await keycloak.close();
    throw error;
  }
} // prettier-ignore

type SendRequest = ReturnType<typeof createCall>;

/** Requests to Keycloak. */
const createCall =
  (origin: string, agent: Agent) =>
  async (
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body: string,
  ): Promise<unknown> => {
    const sent = request(`${origin}${path}`, { method, agent, headers }).end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const answer = await text(response);
    if ((response.statusCode ?? 0) >= 300) throw new Error(`${method} ${path}: ${response.statusCode} ${answer}`);
    return answer === '' ? undefined : JSON.parse(answer);
  }; // prettier-ignore

/** Requests as the administrator, each with a new token. */
const createSend =
  (call: SendRequest) =>
  async (method: string, path: string, body?: object): Promise<unknown> => {
    const login = 'grant_type=password&client_id=admin-cli&username=admin&password=admin';
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const { access_token: token } = (await call(
      'POST',
      '/realms/master/protocol/openid-connect/token',
      form,
      login,
    )) as { readonly access_token: string };
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    return call(method, path, headers, body === undefined ? '' : JSON.stringify(body));
  };
