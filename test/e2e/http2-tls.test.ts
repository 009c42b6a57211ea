import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTestAuthority, type TestCertificate } from '../../packages/testkit/src/certificates.ts';
import {
  startEchoServer,
  valuesOf,
  type Echo,
  type EchoServer,
} from '../../packages/testkit/src/echo-server.ts';
import { openHttp2, type Http2Client, type Http2Response } from '../../packages/testkit/src/http2-client.ts';
import { startTestGateway, type TestGateway } from './gateway.testkit.ts';
import { requestOverTls } from './tls.testkit.ts';
import { serve, untilServing, type Serving } from './workers.testkit.ts';

const authority = createTestAuthority();
const hosts = ['a.example', 'b.example', 'required.example', 'localhost'];
const served = authority.issue('served', hosts);
const [ada, bob] = ['ada', 'bob'].map((name) => authority.issue(name)) as [TestCertificate, TestCertificate];
const issuerKey = await generateKeyPair('ES256');
const publicKey = await exportSPKI(issuerKey.publicKey);

const toTls = () => ({
  certificates: [{ certFile: served.cert, keyFile: served.key }],
  options: {
    mtls: { clientAuth: { caFiles: [authority.cert], clientAuthType: 'VerifyClientCertIfGiven' } },
    required: { clientAuth: { caFiles: [authority.cert], clientAuthType: 'RequireAndVerifyClientCert' } },
    http1: { alpnProtocols: ['http/1.1'] },
  },
});

const toRoutes = (url: string): object => ({
  http: {
    routers: {
      a: { rule: 'Host(`a.example`)', service: 's', tls: { options: 'mtls' }, middlewares: ['cert'] },
      bound: {
        rule: 'Host(`a.example`) && PathPrefix(`/bound`)',
        ...{ service: 's', tls: { options: 'mtls' }, middlewares: ['bound'] },
      },
      b: { rule: 'Host(`b.example`)', service: 's', tls: {} },
      required: { rule: 'Host(`required.example`)', service: 's', tls: { options: 'required' } },
      old: { rule: 'Host(`localhost`)', service: 's', tls: { options: 'http1' } },
      proxied: { rule: 'PathPrefix(`/proxied`)', service: 's', tls: {} },
      plain: { rule: 'PathPrefix(`/plain`)', service: 's' },
    },
    middlewares: {
      cert: { passTLSClientCert: { info: { subject: { commonName: true } } } },
      bound: {
        plugin: {
          jwt: { publicKey, issuers: ['https://as.example'], audience: [], requireBinding: 'certificate' },
        },
      },
    },
    services: { s: { loadBalancer: { servers: [{ url }] } } },
  },
  tls: toTls(),
});

let upstream: EchoServer;
let gateway: TestGateway;
beforeAll(async () => {
  upstream = await startEchoServer();
  gateway = await startTestGateway({
    install: `
entryPoints:
  web: { address: "127.0.0.1:0", proxyProtocol: { trustedIPs: [127.0.0.1] } }
  secure: { address: "127.0.0.1:0", tls: {} }
  proxied: { address: "127.0.0.1:0", tls: {}, proxyProtocol: { trustedIPs: [127.0.0.1] } }
accessLog: { format: json }
`,
    routes: { 'routes.yaml': JSON.stringify(toRoutes(upstream.url)) },
  });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

let clients: Http2Client[] = [];
afterEach(async () => {
  for (const client of clients) await client.close();
  clients = [];
});

const portOf = (name: string): number => gateway.gateway.addresses.get(name)?.port ?? 0;

async function open(servername: string, own?: TestCertificate): Promise<Http2Client> {
  const client = await openHttp2(`https://127.0.0.1:${portOf('secure')}`, {
    servername,
    ca: authority.cert,
    ...(own !== undefined && { cert: own.cert, key: own.key }),
  });
  clients.push(client);
  return client;
}

const send = async (client: Http2Client, host: string, headers: object = {}): Promise<Http2Response> =>
  client.send({ ':authority': host, ...headers });
const echoOf = ({ body }: Http2Response): Echo => JSON.parse(body) as Echo;

describe('a connection of HTTP/2 with TLS', () => {
  it('serves each host whose options are those of the connection, and refuses others with 421', async () => {
    const client = await open('a.example');
    expect(await send(client, 'a.example')).toMatchObject({ status: 200 });
    // A browser opens another connection then (RFC 9110 section 15.5.20).
    expect(await send(client, 'b.example')).toMatchObject({ status: 421 });
    expect(await send(client, 'required.example')).toMatchObject({ status: 421 });
    expect(await send(client, 'a.example')).toMatchObject({ status: 200 });
    const other = await open('b.example');
    expect(await send(other, 'b.example')).toMatchObject({ status: 200 });
    expect(await send(other, 'a.example')).toMatchObject({ status: 421 });
  });

  it('decides about requests at once on one connection one by one', async () => {
    const client = await open('a.example');
    const requested = Array.from({ length: 30 }, (_, index) => (index % 3 === 0 ? 'b.example' : 'a.example'));
    const responses = await Promise.all(requested.map((host) => send(client, host)));
    expect(responses.map(({ status }) => status)).toEqual(
      requested.map((host) => (host === 'a.example' ? 200 : 421)),
    );
  });

  it('needs a client certificate where one is required', async () => {
    const without = { sni: 'required.example', ALPNProtocols: ['h2'] };
    expect(await requestOverTls(portOf('secure'), without)).toMatchObject({ status: 'refused' });
    expect(await send(await open('required.example', ada), 'required.example')).toMatchObject({
      status: 200,
    });
  });

  it('passes the client certificate on, and no forged one', async () => {
    const forged = {
      'x-forwarded-tls-client-cert-info': 'Subject%3D%22CN%3Droot%22',
      x_forwarded_tls_client_cert_info: 'root',
    };
    const infoOf = (response: Http2Response): readonly string[] =>
      valuesOf(echoOf(response), 'x-forwarded-tls-client-cert-info');
    expect(infoOf(await send(await open('a.example', ada), 'a.example', forged))).toEqual([
      'Subject%3D%22CN%3Dada%22',
    ]);
    expect(infoOf(await send(await open('a.example'), 'a.example', forged)).join()).not.toContain('root');
  });

  it('accepts a token that is bound to the certificate of its caller (RFC 8705), and from nobody else', async () => {
    const thumbprint = Buffer.from(new X509Certificate(ada.cert).fingerprint256.replaceAll(':', ''), 'hex');
    const token = await new SignJWT({ sub: 'ada', cnf: { 'x5t#S256': thumbprint.toString('base64url') } })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' })
      .setIssuer('https://as.example')
      .setExpirationTime('5m')
      .sign(issuerKey.privateKey);
    const bound = { ':path': '/bound', authorization: `Bearer ${token}` };
    const own = await open('a.example', ada);
    for (let count = 0; count < 3; count += 1)
      expect(await send(own, 'a.example', bound)).toMatchObject({ status: 200 });
    for (const other of [await open('a.example', bob), await open('a.example')]) {
      const response = await send(other, 'a.example', bound);
      expect(response.status).toBe(401);
      expect(JSON.parse(response.body)).toMatchObject({ code: 'token_invalid' });
    }
  });

  it('is HTTP/1.1 where the options of the host turn HTTP/2 off', async () => {
    const options = { ca: authority.cert, ALPNProtocols: ['h2', 'http/1.1'] };
    const toProtocol = async (servername: string): Promise<string | false | null> => {
      const socket = connectTls({ port: portOf('secure'), host: '127.0.0.1', servername, ...options });
      await once(socket, 'secureConnect');
      socket.destroy();
      return socket.alpnProtocol;
    };
    expect(await toProtocol('localhost')).toBe('http/1.1');
    expect(await toProtocol('b.example')).toBe('h2');
  });
});

describe('the PROXY protocol before HTTP/2', () => {
  const version1 = Buffer.from('PROXY TCP4 192.0.2.7 192.0.2.8 51000 443\r\n');
  const version2 = Buffer.concat([
    Buffer.from('0d0a0d0a000d0a515549540a2111000c', 'hex'),
    Buffer.from([192, 0, 2, 7, 192, 0, 2, 8, 51_000 >> 8, 51_000 & 255, 1, 187]),
  ]);

  it.each([
    ['version 1', 'plain', version1],
    ['version 2', 'plain', version2],
    ['version 1', 'TLS', version1],
    ['version 2', 'TLS', version2],
  ])('names the caller by %s, with %s', async (_, kind, header) => {
    const isTls = kind === 'TLS';
    const socket = connect({ port: portOf(isTls ? 'proxied' : 'web'), host: '127.0.0.1' });
    socket.write(header);
    const client = await openHttp2(isTls ? 'https://b.example' : 'http://b.example', {
      createConnection: () =>
        isTls
          ? connectTls({ socket, servername: 'b.example', ca: authority.cert, ALPNProtocols: ['h2'] })
          : socket,
    });
    clients.push(client);
    for (let count = 0; count < 2; count += 1) {
      const echo = echoOf(
        await client.send({ ':authority': 'other', ':path': isTls ? '/proxied' : '/plain' }),
      );
      expect(valuesOf(echo, 'x-forwarded-for')).toEqual(['192.0.2.7']);
      expect(valuesOf(echo, 'x-forwarded-proto')).toEqual([isTls ? 'https' : 'http']);
    }
  });
});

describe('workers that share session tickets', () => {
  let serving: Serving;
  beforeAll(async () => {
    const install = { workers: 2, entryPoints: { web: { address: '127.0.0.1:0', tls: {} } } };
    serving = await untilServing(serve(install, toRoutes(upstream.url)));
  });
  afterAll(() => serving.close());

  /** Sends a request on a connection of its own. @returns whether its session was resumed, and the session for the next one. */
  async function visit(
    options: ConnectionOptions,
  ): Promise<{ readonly resumed: boolean; readonly session: Buffer }> {
    const socket: TLSSocket = connectTls({
      ...{
        port: serving.port,
        host: '127.0.0.1',
        servername: 'b.example',
        ca: authority.cert,
        ALPNProtocols: ['h2'],
      },
      ...options,
    });
    const issued = once(socket, 'session') as Promise<[Buffer]>;
    await once(socket, 'secureConnect');
    const resumed = socket.isSessionReused();
    const client = await openHttp2('https://b.example', { createConnection: () => socket });
    expect(await client.send({ ':authority': 'b.example' })).toMatchObject({ status: 200 });
    const session = resumed && options.session !== undefined ? options.session : (await issued)[0];
    await client.close();
    return { resumed, session };
  }

  it.each(['TLSv1.3', 'TLSv1.2'] as const)(
    'resume a session of %s, whichever of them issued it',
    async (maxVersion) => {
      const { session } = await visit({ maxVersion });
      const resumed: boolean[] = [];
      for (let count = 0; count < 10; count += 1)
        resumed.push((await visit({ maxVersion, session })).resumed);
      expect(resumed).toEqual(new Array(10).fill(true));
    },
  );
});
