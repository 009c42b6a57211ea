import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../base/secret.ts';
import type { AuthorizationServer } from '../../../testkit/src/authorization-server.ts';
import { startAuthorizationServer } from '../../../testkit/src/authorization-server.ts';
import { createTestAuthority } from '../../../testkit/src/certificates.ts';
import type { TokenEndpointOptions } from './endpoint.ts';
import { connectTo, plainOptions } from './token-endpoint.testkit.ts';

const authority = createTestAuthority();
const stranger = createTestAuthority('Another CA');
const ours = authority.issue('our gateway');
const theirs = stranger.issue('their gateway');
const clients = [{ clientId: 'app', clientSecret: 'app-secret' }];
const servers: AuthorizationServer[] = [];

async function start(from: typeof authority, requestCert: boolean, host = '127.0.0.1'): Promise<string> {
  const server = await startAuthorizationServer({
    clients,
    tls: {
      ...from.issue('server', [host]),
      ca: [authority.cert],
      requestCert,
      rejectUnauthorized: requestCert,
    },
  });
  servers.push(server);
  return server.url;
}

let plain: string;
let mutual: string;
let otherHost: string;
beforeAll(async () => {
  plain = await start(authority, false);
  mutual = await start(authority, true);
  otherHost = await start(authority, false, 'auth.example.com');
});
afterAll(() => Promise.all(servers.map((server) => server.close())));

async function ask(url: string, tls: Partial<TokenEndpointOptions['tls']>) {
  const client = connectTo(url, { tls: { ...plainOptions.tls, ...tls } });
  const outcome = await client.obtain();
  await client.close();
  return outcome.kind === 'token' ? 'token' : outcome.detail;
}

const untrusted =
  /cannot reach the token endpoint: TLS: the server's certificate is not trusted \((?:SELF_SIGNED_CERT|UNABLE_TO_VERIFY)/;
const key = (pem: string): Secret => new Secret(pem);

describe('a token endpoint with TLS', () => {
  it('is not trusted when the system does not know the authority of its certificate', async () => {
    expect(await ask(plain, {})).toMatch(untrusted);
  });

  it('is trusted by the authority in `ca`, and by no other', async () => {
    expect(await ask(plain, { ca: authority.cert })).toBe('token');
    expect(await ask(plain, { ca: stranger.cert })).toMatch(untrusted);
    expect(await ask(plain, { ca: `${stranger.cert}\n${authority.cert}` })).toBe('token');
  });

  it('is not trusted under another name than its certificate has', async () => {
    expect(await ask(otherHost, { ca: authority.cert })).toBe(
      "cannot reach the token endpoint: TLS: the server's certificate is for another name (ERR_TLS_CERT_ALTNAME_INVALID)",
    );
  });

  it('is accepted without verification with `insecureSkipVerify`', async () => {
    expect(await ask(plain, { insecureSkipVerify: true })).toBe('token');
    expect(await ask(otherHost, { insecureSkipVerify: true })).toBe('token');
  });

  it('that requires a client certificate accepts only `cert` and `key` of its authority', async () => {
    const { ca } = { ca: authority.cert };
    expect(await ask(mutual, { ca, cert: ours.cert, key: key(ours.key) })).toBe('token');
    expect(await ask(mutual, { ca })).toMatch(/cannot reach the token endpoint/);
    expect(await ask(mutual, { ca, cert: theirs.cert, key: key(theirs.key) })).toMatch(
      /cannot reach the token endpoint/,
    );
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('reports over %s that it requires a client certificate', async (version) => {
    const own = { ...authority.issue('server', ['127.0.0.1']), ca: [authority.cert] };
    const limits = { requestCert: true, minVersion: version, maxVersion: version };
    const server = createServer({ ...own, ...limits }, () => {}).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
    for (let round = 0; round < 3; round += 1) {
      expect(await ask(url, { ca: authority.cert })).toContain('TLS: the server requires a client certificate (ERR_SSL_');
    }
    server.close();
  }); // prettier-ignore

  it('is still verified when a client certificate is given', async () => {
    expect(await ask(mutual, { cert: ours.cert, key: key(ours.key) })).toMatch(
      /cannot reach the token endpoint/,
    );
  });

  it('receives no request without TLS', async () => {
    expect(await ask(plain.replace('https:', 'http:'), {})).toMatch(/cannot reach the token endpoint/);
  });
});
