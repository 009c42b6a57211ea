import { rename, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestAuthority } from '../../packages/testkit/src/certificates.ts';
import { openRaw } from '../../packages/testkit/src/raw-connection.ts';
import type { EchoServer } from '../../packages/testkit/src/echo-server.ts';
import { startEchoServer } from '../../packages/testkit/src/echo-server.ts';
import type { TestGateway } from './gateway.testkit.ts';
import { startTestGateway } from './gateway.testkit.ts';
import { requestOverTls, type TlsRequest, type TlsResponse } from './tls.testkit.ts';

const authority = createTestAuthority();
const stranger = createTestAuthority('Stranger');
const client = authority.issue('client');
const served = authority.issue('served', [
  'a.example',
  'b.example',
  'c.example',
  'strict.example',
  '*.w.example',
]);
const exact = authority.issue('exact', ['one.w.example']);

const pem = (text: string): string => JSON.stringify(text);
const certificate = ({ cert, key }: { cert: string; key: string }): string =>
  `{ certFile: ${pem(cert)}, keyFile: ${pem(key)} }`;

/** The routes of Traefik 3.7.13 when its responses below were recorded. */
const routers = `
    a: { rule: "Host(\`a.example\`)", service: s, tls: { options: mtls } }
    b: { rule: "Host(\`b.example\`)", service: s, tls: {} }
    nohost: { rule: "PathPrefix(\`/nohost\`)", service: s, tls: {}, priority: 1000 }
    nohost2: { rule: "PathPrefix(\`/nh2\`)", service: s, tls: { options: mtls }, priority: 1000 }
    c1: { rule: "Host(\`c.example\`) && PathPrefix(\`/1\`)", service: s, tls: { options: mtls } }
    c2: { rule: "Host(\`c.example\`) && PathPrefix(\`/2\`)", service: s, tls: { options: strict } }
    broken: { rule: "Host(\`x.example\`)", service: s, tls: { options: nowhere } }
    wild: { rule: "Host(\`*.w.example\`)", service: s, tls: { options: mtls } }
    m1: { rule: "Host(\`m1.example\`) || Host(\`c.example\`)", service: s, tls: { options: mtls } }
    any: { rule: "Host(\`any.example\`)", service: s, tls: { options: anycert } }
    required: { rule: "Host(\`required.example\`)", service: s, tls: { options: required }, middlewares: [cert] }
    neg: { rule: "!Host(\`neg.example\`) && Path(\`/neg\`)", service: s, tls: { options: mtls } }
    bc: { rule: "Host(\`bc.example\`)", service: s, tls: { options: badcipher } }
    st: { rule: "Host(\`st.example\`)", service: s, tls: { options: strict } }
    strict: { rule: "Host(\`strict.example\`)", service: s, tls: { options: strict } }
    new: { rule: "Host(\`new.example\`)", service: s, tls: { options: new } }
    old: { rule: "Host(\`old.example\`)", service: s, tls: { options: old } }
    plain: { rule: "PathPrefix(\`/plain\`)", service: s }`;

const options = `
    mtls: { clientAuth: { caFiles: [${pem(authority.cert)}], clientAuthType: VerifyClientCertIfGiven } }
    anycert: { clientAuth: { clientAuthType: RequireAnyClientCert } }
    required: { clientAuth: { caFiles: [${pem(authority.cert)}] } }
    strict: { sniStrict: true }
    badcipher: { cipherSuites: [TLS_NOPE] }
    new: { minVersion: VersionTLS13 }
    old: { maxVersion: VersionTLS12, cipherSuites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384], curvePreferences: [CurveP384] }`;

const file = (url: string, certificates: readonly string[]): string => `
http:
  services: { s: { loadBalancer: { servers: [{ url: "${url}" }] } } }
  middlewares: { cert: { passTLSClientCert: { pem: true, info: { subject: { commonName: true } } } } }
  routers:${routers}
tls:
  certificates: [${certificates.join(', ')}]
  options:${options}
`;

let upstream: EchoServer;
let gateway: TestGateway;
let port: number;
let mixed: number;

beforeAll(async () => {
  upstream = await startEchoServer();
  gateway = await startTestGateway({
    install: `
entryPoints:
  web: { address: "127.0.0.1:0" }
  secure: { address: "127.0.0.1:0", tls: {} }
accessLog: { format: json }
`,
    routes: { 'a.yaml': file(upstream.url, [certificate(served), certificate(exact)]) },
  });
  port = gateway.gateway.addresses.get('secure')!.port;
  mixed = gateway.gateway.addresses.get('web')!.port;
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const own = { cert: client.cert, key: client.key };
const foreign = ((): typeof own => {
  const { cert, key } = stranger.issue('stranger');
  return { cert, key };
})();

describe('TLS of routes', () => {
  // Recorded from Traefik 3.7.13 on 2026-11-29, with the same routers and options.
  it.each<[what: string, request: TlsRequest, status: TlsResponse['status']]>([
    ['its own options', { sni: 'a.example' }, 200],
    ['the default options', { sni: 'b.example' }, 200],
    ['another host, whose options are others', { sni: 'b.example', host: 'a.example' }, 421],
    ['a host with the default options, on a connection with others', { sni: 'a.example', host: 'b.example' }, 421],
    ['a router without a host, on a connection with other options', { sni: 'a.example', host: 'b.example', path: '/nohost' }, 421],
    ['a router without a host', { sni: 'b.example', host: 'zzz', path: '/nohost' }, 200],
    ['a router without a host, whose options are not used', { sni: 'zzz.example', path: '/nh2' }, 200],
    ['the same, on a connection with these options', { sni: 'a.example', path: '/nh2' }, 421],
    ['a host with two options, of which none is used', { sni: 'c.example', path: '/1' }, 200],
    ['the other router of that host', { sni: 'c.example', path: '/2' }, 200],
    ['that host, on a connection for another', { sni: 'b.example', host: 'c.example', path: '/1' }, 200],
    ['a host whose options do not exist', { sni: 'x.example' }, 'refused'],
    ['a wildcard', { sni: 'one.w.example' }, 200],
    ['another host of the wildcard', { sni: 'two.w.example', host: 'one.w.example' }, 200],
    ['a host of the wildcard, on a connection with the default options', { sni: 'b.example', host: 'two.w.example' }, 421],
    ['a router without tls, on an entry point with tls', { sni: 'b.example', path: '/plain' }, 200],
    ['a router that shares one host with another', { sni: 'm1.example' }, 200],
    ['the host that they share', { sni: 'm1.example', host: 'c.example' }, 200],
    ['a certificate of any kind, which is missing', { sni: 'any.example' }, 'refused'],
    ['a certificate of any kind', { sni: 'any.example', ...own }, 200],
    ['a rule that only excludes a host', { sni: 'neg.example', host: 'b.example', path: '/neg' }, 200],
    ['a cipher suite that does not exist', { sni: 'bc.example' }, 'refused'],
    ['a name without a certificate, strictly', { sni: 'st.example' }, 'refused'],
  ])('%s', async (_what, request, status) => {
    expect((await requestOverTls(port, request)).status).toBe(status);
  }); // prettier-ignore

  it.each<[what: string, request: TlsRequest, status: TlsResponse['status']]>([
    ['a verified certificate where one is verified if given', { sni: 'a.example', ...own }, 200],
    ['an unknown certificate where one is verified if given', { sni: 'a.example', ...foreign }, 'refused'],
    ['an unknown certificate where any will do', { sni: 'any.example', ...foreign }, 200],
    ['no certificate where one is required', { sni: 'required.example' }, 'refused'],
    ['an unknown certificate where a known one is required', { sni: 'required.example', ...foreign }, 'refused'],
    ['a known certificate where one is required', { sni: 'required.example', ...own }, 200],
    ['a covered name, strictly', { sni: 'strict.example' }, 200],
    ['TLS 1.2 where 1.3 is the oldest', { sni: 'new.example', maxVersion: 'TLSv1.2' }, 'refused'],
    ['TLS 1.3 where 1.2 is the newest', { sni: 'old.example', minVersion: 'TLSv1.3' }, 'refused'],
    ['another cipher suite than the listed one', { sni: 'old.example', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' }, 'refused'],
    ['another curve than the listed one', { sni: 'old.example', ecdhCurve: 'P-256' }, 'refused'],
    ['the listed curve', { sni: 'old.example', ecdhCurve: 'P-384:P-256' }, 200],
  ])('%s', async (_what, request, status) => {
    expect((await requestOverTls(port, request)).status).toBe(status);
  }); // prettier-ignore

  it('presents the certificate of the exact name, of the wildcard, or a self-signed one', async () => {
    const shown = async (sni: string): Promise<string | undefined> =>
      (await requestOverTls(port, { sni })).shown;
    expect(await shown('one.w.example')).toBe('exact');
    expect(await shown('two.w.example')).toBe('served');
    expect(await shown('zzz.example')).toBe('GRANTGATE DEFAULT CERT');
    expect(await shown('')).toBe('GRANTGATE DEFAULT CERT');
  });

  it('refuses with a reason that explains the status, and writes it to the access log', async () => {
    const response = await requestOverTls(port, { sni: 'b.example', host: 'a.example' });
    expect(response.body).toContain('"code":"misdirected_request"');
    expect(gateway.accessLog.lines().at(-1)).toContain('"DownstreamStatus":421');
  });

  it('serves routers with tls and without on a port without tls, each to its kind of connection', async () => {
    const plain = async (path: string): Promise<number> =>
      (await fetch(`http://127.0.0.1:${mixed}${path}`)).status;
    expect(await plain('/plain')).toBe(200);
    expect(await plain('/nohost')).toBe(404);
    const secure = await requestOverTls(mixed, { sni: 'b.example', path: '/nohost' });
    expect(secure).toMatchObject({ status: 200, shown: 'served' });
    expect(secure.body).toMatch(/x-forwarded-proto[^a-z]+https/i);
    expect((await requestOverTls(mixed, { sni: 'zzz', path: '/plain' })).status).toBe(404);
  });

  it("passes the caller's certificate to the server, without its authority's, and drops such a header of the caller", async () => {
    const headers = '\r\nX-Forwarded-Tls-Client-Cert: forged\r\nX_Forwarded_Tls_Client_Cert_Info: forged';
    const { body } = await requestOverTls(port, {
      sni: 'required.example',
      host: `required.example${headers}`,
      ...own,
    });
    const { rawHeaders } = JSON.parse(body) as { rawHeaders: readonly string[] };
    const sent = rawHeaders.filter((_, at) => /tls.client.cert/i.test(rawHeaders[at - (at % 2)] ?? ''));
    const base64 = client.cert.replace(/-----[^-]+-----|\n/g, '');
    expect(sent).toEqual([
      ...['X-Forwarded-Tls-Client-Cert', base64],
      ...['X-Forwarded-Tls-Client-Cert-Info', 'Subject%3D%22CN%3Dclient%22'],
    ]);
  });

  it('reads a ClientHello that arrives byte by byte', async () => {
    const raw = connect({ port, host: '127.0.0.1' });
    await once(raw, 'connect');
    const slow = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        for (const byte of chunk) raw.write(Buffer.from([byte]));
        done();
      },
    });
    raw
      .setNoDelay(true)
      .on('data', (chunk) => slow.push(chunk))
      .on('close', () => slow.push(null));
    const socket = connectTls({ socket: slow, servername: 'one.w.example', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    expect(socket.getPeerCertificate().subject.CN).toBe('exact');
    socket.destroy();
    raw.destroy();
  });
});

describe('TLS of routes that change', () => {
  it('presents another certificate without a restart, and keeps open connections', async () => {
    const before = await openRaw(mixed, 'GET /plain HTTP/1.1\r\nHost: a\r\n\r\n');
    await before.until(/ 200 [^]*\r\n\r\n/);
    const renewed = authority.issue('renewed', ['b.example']);
    await writeFile(join(gateway.folder, 'b.tmp'), file(upstream.url, [certificate(renewed)]));
    await rename(join(gateway.folder, 'b.tmp'), join(gateway.folder, 'a.yaml'));
    await expect.poll(async () => (await requestOverTls(port, { sni: 'b.example' })).shown).toBe('renewed');
    before.send('GET /plain HTTP/1.1\r\nHost: a\r\n\r\n');
    await before.until(/ 200 [^]* 200 /);
    before.socket.destroy();
  });

  it('names the options that it does not use', () => {
    const log = gateway.log.text();
    expect(log).toContain('cipherSuites: unknown: TLS_NOPE');
    expect(log).toContain('there is no section tls.options nowhere@file');
    expect(log).toContain('another router names other options for the host c.example');
    expect(log).toContain('its rule names no Host');
    expect(log).not.toContain('PRIVATE KEY');
  });
});
