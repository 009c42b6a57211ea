import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../e2e/gateway.testkit.ts';
import { readVersion, startTraefik, traefikProgram } from '../traefik/real.testkit.ts';
import { cases, type WireRequest } from './cases.ts';
import { observe, startWireService, type WireObservation } from './observe.testkit.ts';

// Rules choose routes, and requests reach the service, as with the recorded real Traefik, except where a request gives a reason.
// TRAEFIK=PROGRAM compares with the real one; `RECORD=1 TRAEFIK=PROGRAM npx vitest run test/conformance/wire` records.

const recording = new URL('testdata/traefik.json', import.meta.url);

interface WireRecording {
  readonly version: string;
  readonly recorded: string;
  readonly observations: Readonly<Record<string, readonly WireObservation[]>>;
}

const read = (): WireRecording => JSON.parse(readFileSync(recording, 'utf8')) as WireRecording;

/** The part of an observation that JSON keeps. */
const plain = (observation: unknown): unknown => JSON.parse(JSON.stringify(observation));

let service: Awaited<ReturnType<typeof startWireService>>;
beforeAll(async () => (service = await startWireService()));
afterAll(() => service.close());

/** One router for each case. */
function toRoutes(url: string): string {
  const routers = cases.map(({ rule = 'CASE' }, index) => [
    `c${index}`,
    { rule: rule.replace('CASE', `Header(\`X-Case\`, \`${index}\`)`), service: 'up' },
  ]);
  return JSON.stringify({
    http: {
      routers: {
        ready: { rule: 'Path(`/ready`)', service: 'up', priority: 1 },
        ...(Object.fromEntries(routers) as object),
      },
      services: { up: { loadBalancer: { servers: [{ url }] } } },
    },
  });
}

describe('rules and requests of Traefik', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway({
      routes: { 'routes.yaml': toRoutes(service.url) },
      install: `
entryPoints:
  web: { address: "127.0.0.1:0" }
  trusted: { address: "127.0.0.1:0", forwardedHeaders: { trustedIPs: [127.0.0.1] } }
`,
    });
  });
  afterAll(() => gateway.close());

  it.each(cases)('$name: handled as recorded from the real Traefik', async ({ name, requests }) => {
    const number = cases.findIndex((one) => one.name === name);
    const recorded = read().observations[name] ?? [];
    const shown: unknown[] = [];
    for (const [index, one] of requests.entries()) {
      const port = gateway.gateway.addresses.get(one.entryPoint ?? 'web')?.port ?? 0;
      const observation = plain(await observe(port, number, one, service));
      const isSame = JSON.stringify(observation) === JSON.stringify(recorded[index]);
      // If a difference no longer exists, it must be removed from the case.
      shown.push(
        isSame
          ? { lines: one.lines }
          : { lines: one.lines, differs: one.differs, ...(one.differs === undefined && { observation }) },
      );
    }
    expect(shown).toEqual(
      requests.map(({ lines, differs }) => (differs === undefined ? { lines } : { lines, differs })),
    );
  });
});

/** A free port, because Traefik's file must name one. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

// `make test-proxies` builds the real one; without it, the recording is used.
describe.runIf(traefikProgram !== undefined)('the real Traefik', () => {
  let close: () => Promise<void>;
  const ports = { web: 0, trusted: 0 };
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'grantgate-traefik-'));
    ports.web = await freePort();
    ports.trusted = await freePort();
    writeFileSync(
      join(folder, 'traefik.yaml'),
      JSON.stringify({
        entryPoints: {
          web: { address: `127.0.0.1:${ports.web}` },
          trusted: {
            address: `127.0.0.1:${ports.trusted}`,
            forwardedHeaders: { trustedIPs: ['127.0.0.1'] },
          },
        },
        providers: { file: { filename: 'routes.yaml' } },
      }),
    );
    writeFileSync(join(folder, 'routes.yaml'), toRoutes(service.url));
    const addresses = Object.values(ports).map((port) => `127.0.0.1:${port}`);
    const real = await startTraefik(traefikProgram ?? '', folder, addresses, { path: '/ready' });
    close = async () => {
      await real.close();
      rmSync(folder, { recursive: true });
    };
  });
  afterAll(() => close());

  const ask = async (requests: readonly WireRequest[], number: number): Promise<unknown[]> => {
    const observations: unknown[] = [];
    for (const one of requests)
      observations.push(plain(await observe(ports[one.entryPoint ?? 'web'], number, one, service)));
    return observations;
  };

  it('responds as recorded', async () => {
    const observations: Record<string, unknown> = {};
    for (const [number, { name, requests }] of cases.entries())
      observations[name] = await ask(requests, number);
    if (process.env['RECORD'] === '1') {
      const version = readVersion(traefikProgram ?? '');
      const recorded = new Date().toISOString().slice(0, 10);
      writeFileSync(recording, `${JSON.stringify({ version, recorded, observations }, null, 2)}\n`);
    }
    expect(observations).toEqual(read().observations);
  });
});
