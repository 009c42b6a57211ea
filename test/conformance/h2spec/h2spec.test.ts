import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestAuthority } from '../../../packages/testkit/src/certificates.ts';
import { startServer, type TestServer } from '../../../packages/testkit/src/http-server.ts';
import { openRawHttp2, openRawHttp2Tls } from '../../../packages/testkit/src/raw-http2.ts';
import { startTestGateway, type TestGateway } from '../../e2e/gateway.testkit.ts';
import { connectionCases } from './connection-cases.ts';
import { flowControlCases } from './flow-control-cases.ts';
import { frameCases } from './frame-cases.ts';
import { genericCases } from './generic-cases.ts';
import { hpackCases } from './hpack-cases.ts';
import { messageCases } from './message-cases.ts';
import { runCase, type CaseResult, type OpenHttp2 } from './run-case.testkit.ts';
import { streamCases } from './stream-cases.ts';

// The cases of h2spec 2.6 (github.com/summerwind/h2spec) with the outcomes that it accepts, also those of its option `--strict`.

const sections = [
  ...genericCases,
  ...connectionCases,
  ...streamCases,
  ...frameCases,
  ...flowControlCases,
  ...messageCases,
  ...hpackCases,
];
const cases = sections.flatMap(({ section, cases: own }) =>
  own.map((one, index) => {
    const id = `${section}/${index + 1}`;
    return { ...one, id, title: `${id} ${one.name}: ${one.outcome.text}` };
  }),
);

const authority = createTestAuthority();
let server: TestServer;
let gateway: TestGateway;
beforeAll(async () => {
  const { cert, key } = authority.issue('localhost', ['localhost']);
  server = await startServer(
    (request, response) => void request.resume().on('end', () => response.end('hello, world')),
  );
  gateway = await startTestGateway({
    install: `
entryPoints:
  web: { address: "127.0.0.1:0" }
  websecure: { address: "127.0.0.1:0", http: { tls: {} } }
`,
    routes: {
      'routes.yaml': `
http:
  routers: { all: { rule: "PathPrefix(\`/\`)", service: server } }
  services: { server: { loadBalancer: { servers: [{ url: "${server.url}" }] } } }
tls: { certificates: [{ certFile: ${JSON.stringify(cert)}, keyFile: ${JSON.stringify(key)} }] }
`,
    },
  });
});
afterAll(async () => {
  await gateway.close();
  await server.close();
});

const portOf = (entryPoint: string): number => gateway.gateway.addresses.get(entryPoint)?.port ?? 0;

it('has the 146 cases', () => {
  expect(cases.length).toBe(146);
});

describe.each<[string, () => OpenHttp2, (id: string) => boolean]>([
  ['prior knowledge', () => (first) => openRawHttp2(portOf('web'), first), () => true],
  [
    'TLS and ALPN',
    () => (first) => openRawHttp2Tls(portOf('websecure'), authority.cert, first),
    (id) => /^(generic|hpack)\/|^http2\/(4|6.5|6.9|8)/.test(id),
  ],
])('HTTP/2 by %s', (_, toOpen, isIncluded) => {
  const included = cases.filter(({ id }) => isIncluded(id));
  const results = new Map<string, Promise<CaseResult>>();
  // All at once, so that the test waits only once for outcomes that never happen.
  beforeAll(() => {
    for (const one of included) {
      const result = runCase(one, toOpen());
      result.catch(() => {});
      results.set(one.id, result);
    }
  });

  it.each(included.map((one) => [one.title, one] as const))('%s', async (_title, { id, differs }) => {
    // If a difference no longer exists, it must be removed from the case.
    expect(await results.get(id)).toMatch(differs === undefined ? /^as expected$/ : /^instead: /);
  });
});
