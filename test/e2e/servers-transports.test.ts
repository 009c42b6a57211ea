import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestAuthority } from '../../packages/testkit/src/certificates.ts';
import type { TestGateway } from './gateway.testkit.ts';
import { startTestGateway } from './gateway.testkit.ts';

const authority = createTestAuthority();
const client = authority.issue('gateway');
const servers: Server[] = [];
let connections = 0;
/** Version and cipher suite of each request's connection. */
const protocols: string[] = [];

/** A server that reports which certificate the gateway presented, and for which name. */
async function startTlsServer(requestCert: boolean): Promise<string> {
  const server = createServer(
    {
      ...authority.issue('inner', ['inner.example', '127.0.0.1']),
      ca: authority.cert,
      requestCert,
      rejectUnauthorized: requestCert,
    },
    (request, response) => {
      const { socket } = request;
      if (!(socket instanceof TLSSocket)) throw new Error('expected a TLS connection');
      protocols.push(`${socket.getProtocol() ?? ''} ${socket.getCipher().name}`);
      const { subject } = socket.getPeerCertificate();
      const caller = (subject as { CN?: string } | undefined)?.CN ?? 'nobody';
      response.end(`${caller} asked for ${String('servername' in socket && socket.servername)}`);
    },
  );
  server.on('secureConnection', () => (connections += 1));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const pem = (text: string): string => JSON.stringify(text);
const trusting = `serverName: inner.example, rootCAs: [${pem(authority.cert)}]`;
const showing = `certificates: [{ certFile: ${pem(client.cert)}, keyFile: ${pem(client.key)} }]`;
const transports: Readonly<Record<string, string>> = {
  none: '',
  trusting: `{ ${trusting} }`,
  insecure: '{ insecureSkipVerify: true }',
  mutual: `{ ${trusting}, ${showing} }`,
  uri: `{ ${trusting}, peerCertURI: "spiffe://example/inner" }`,
  insecureuri: '{ insecureSkipVerify: true, peerCertURI: "spiffe://example/inner" }',
  broken: '{ rootCAs: [/nowhere/ca.pem] }',
  old: `{ ${trusting}, maxVersion: VersionTLS12, cipherSuites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384] }`,
  unknownsuite: `{ ${trusting}, cipherSuites: [TLS_NONSENSE] }`,
  spiffe: '{ spiffe: { ids: [a] } }',
  noidle: `{ ${trusting}, maxIdleConnsPerHost: -1 }`,
};

const file = (urls: { open: string; mutual: string }): string => {
  const names = Object.keys(transports);
  const url = (name: string): string => (name === 'mutual' ? urls.mutual : urls.open);
  return `
http:
  routers:
${names.map((name) => `    ${name}: { rule: "Path(\`/${name}\`)", service: ${name} }`).join('\n')}
  services:
${names.map((name) => `    ${name}: { loadBalancer: { servers: [{ url: "${url(name)}" }]${name === 'none' ? '' : `, serversTransport: ${name}`} } }`).join('\n')}
  serversTransports:
${Object.entries(transports)
  .filter(([, text]) => text !== '')
  .map(([name, text]) => `    ${name}: ${text}`)
  .join('\n')}
`;
};

let gateway: TestGateway;
let urls: { open: string; mutual: string };
beforeAll(async () => {
  urls = { open: await startTlsServer(false), mutual: await startTlsServer(true) };
  gateway = await startTestGateway({ routes: { 'a.yaml': file(urls) } });
});
afterAll(async () => {
  await gateway.close();
  for (const server of servers) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

const get = async (name: string): Promise<string> => {
  const response = await fetch(`${gateway.url}/${name}`);
  return response.status === 200 ? response.text() : String(response.status);
};

it.each([
  ['none', '502'],
  ['trusting', 'nobody asked for inner.example'],
  ['insecure', 'nobody asked for false'],
  ['mutual', 'gateway asked for inner.example'],
  ['uri', '502'],
  ['insecureuri', '502'],
  ['broken', '503'],
  ['old', 'nobody asked for inner.example'],
  ['unknownsuite', '503'],
  ['spiffe', '503'],
])('a service with the transport %s responds: %s', async (name, expected) => {
  expect(await get(name)).toBe(expected);
});

it('uses the TLS versions and cipher suites of the transport', async () => {
  await get('old');
  expect(protocols.at(-1)).toMatch(/^TLSv1\.2 ECDHE-(?:ECDSA|RSA)-AES256-GCM-SHA384$/);
  await get('trusting');
  expect(protocols.at(-1)).toMatch(/^TLSv1\.3 /);
});

it('reuses connections for the next request, unless the transport keeps none', async () => {
  await get('trusting');
  const before = connections;
  await get('trusting');
  expect(connections - before).toBe(0);
  await get('noidle');
  await get('noidle');
  expect(connections - before).toBe(2);
});

it('names unsupported and insecure options', () => {
  const log = gateway.log.text();
  expect(log).toContain('spiffe is not supported');
  expect(log).toContain('rootCAs: the file /nowhere/ca.pem');
  expect(log).toContain('insecureSkipVerify accepts every certificate');
});

it('applies another transport without a restart', async () => {
  const text = file(urls).replace(
    `trusting: ${transports['trusting'] ?? ''}`,
    `trusting: { ${trusting}, ${showing} }`,
  );
  await writeFile(
    join(gateway.folder, 'b.tmp'),
    text.replace(
      `trusting: { loadBalancer: { servers: [{ url: "${urls.open}`,
      `trusting: { loadBalancer: { servers: [{ url: "${urls.mutual}`,
    ),
  );
  await rename(join(gateway.folder, 'b.tmp'), join(gateway.folder, 'a.yaml'));
  await expect.poll(() => get('trusting')).toBe('gateway asked for inner.example');
});

it('uses the transport of the install configuration for a service without one, and does not start with a broken one', async () => {
  const install = (authorities: string): string => `
entryPoints: { web: { address: "127.0.0.1:0" } }
serversTransport: { rootCAs: [${pem(authorities)}], maxIdleConnsPerHost: -1, forwardingTimeouts: { dialTimeout: 5s } }
`;
  const open = await startTestGateway({ routes: { 'a.yaml': file(urls) }, install: install(authority.cert) });
  try {
    // Its own transport applies alone: it trusts only the authorities that it names.
    expect(await (await fetch(`${open.url}/none`)).text()).toBe('nobody asked for false');
    const before = connections;
    await (await fetch(`${open.url}/none`)).text();
    expect(connections - before).toBe(1);
    expect((await fetch(`${open.url}/insecureuri`)).status).toBe(502);
  } finally {
    await open.close();
  }
  await expect(
    startTestGateway({ routes: { 'a.yaml': file(urls) }, install: install('/nowhere/ca.pem') }),
  ).rejects.toThrow('serversTransport.rootCAs: the file /nowhere/ca.pem');
});
