import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  compileMiddlewares,
  startGatewayWith,
} from '../../../packages/gateway/src/middlewares/middlewares.testkit.ts';
import { readVersion, startTraefik, traefikProgram } from '../traefik/real.testkit.ts';
import { cases as usualCases, type MiddlewareCase } from './cases.ts';
import { forwardAuthCases } from './forward-auth-cases.ts';
import { responseCases } from './response-cases.ts';
import { observe, serviceUrl, startService, type Observation } from './observe.testkit.ts';

// The middlewares behave like those of the recorded real Traefik, except where a case gives a reason. TRAEFIK=PROGRAM compares with
// the real one; `RECORD=1 TRAEFIK=PROGRAM npx vitest run test/conformance/middlewares` records.

const cases = [...usualCases, ...forwardAuthCases, ...responseCases];
const recording = new URL('testdata/traefik.json', import.meta.url);

interface MiddlewareRecording {
  readonly version: string;
  readonly recorded: string;
  readonly observations: Readonly<Record<string, readonly Observation[]>>;
}

const read = (): MiddlewareRecording => JSON.parse(readFileSync(recording, 'utf8')) as MiddlewareRecording;

let service: Awaited<ReturnType<typeof startService>>;
beforeAll(async () => (service = await startService()));
afterAll(() => service.close());

const withServiceUrl = (middlewares: object): object =>
  JSON.parse(JSON.stringify(middlewares).replaceAll(serviceUrl, service.url)) as object;

/** The part of an observation that JSON keeps. */
const plain = (observations: readonly Observation[]): unknown => JSON.parse(JSON.stringify(observations));

describe('the middlewares of Traefik', () => {
  it.each(cases)(
    '$name: responds as recorded from the real Traefik',
    async ({ name, middlewares, requests }) => {
      const pages = { pages: { loadBalancer: { servers: [{ url: service.url }] } } };
      const { steps } = compileMiddlewares(withServiceUrl(middlewares), undefined, undefined, pages);
      const { gateway } = await startGatewayWith(
        {},
        { steps, servers: [service.url], services: { 'pages@file': service.url } },
      );
      const observations: Observation[] = [];
      for (const one of requests) observations.push(await observe(gateway.port, one, service));
      const wanted = read().observations[name] ?? [];
      const shown = observations.map((observation, index) => {
        const { differs } = requests[index] ?? {};
        const isSame = JSON.stringify(observation) === JSON.stringify(wanted[index]);
        return differs === undefined || isSame ? plain([observation]) : differs;
      });
      // If a difference no longer exists, it must be removed from the case.
      expect(shown).toEqual(wanted.map((one, index) => requests[index]?.differs ?? [one]));
    },
  );
});

/** A free port, because Traefik's file must name one. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** One route for each case, distinguished by a header; the first is for the start. */
function toRoutes(url: string): object {
  const named = cases.map(({ middlewares }, index) =>
    Object.entries(middlewares).map(([name, options]) => [`c${index}-${name}`, options] as const),
  );
  return {
    http: {
      routers: {
        ready: { rule: 'PathPrefix(`/ready`)', service: 'up', priority: 1 },
        ...Object.fromEntries(
          named.map((list, index) => [
            `c${index}`,
            {
              rule: `Header(\`X-Case\`, \`${index}\`)`,
              service: 'up',
              middlewares: list.map(([name]) => name),
            },
          ]),
        ),
      },
      middlewares: withServiceUrl(Object.fromEntries(named.flat())),
      services: {
        up: { loadBalancer: { servers: [{ url }] } },
        pages: { loadBalancer: { servers: [{ url }] } },
      },
    },
  };
}

// `make test-proxies` builds the real one; without it, the recording is used.
describe.runIf(traefikProgram !== undefined)('the real Traefik', () => {
  let close: () => Promise<void>;
  let port: number;
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'grantgate-traefik-'));
    port = await freePort();
    writeFileSync(
      join(folder, 'traefik.yaml'),
      JSON.stringify({
        entryPoints: { web: { address: `127.0.0.1:${port}` } },
        providers: { file: { filename: 'routes.yaml' } },
      }),
    );
    writeFileSync(join(folder, 'routes.yaml'), JSON.stringify(toRoutes(service.url)));
    const address = `127.0.0.1:${port}`;
    const real = await startTraefik(traefikProgram ?? '', folder, [address], { path: '/ready' });
    close = async () => {
      await real.close();
      rmSync(folder, { recursive: true });
    };
  });
  afterAll(() => close());

  const ask = async ({ requests }: MiddlewareCase, index: number): Promise<readonly Observation[]> => {
    const observations: Observation[] = [];
    for (const one of requests)
      observations.push(await observe(port, one, service, { 'X-Case': String(index) }));
    return observations;
  };

  it('responds as recorded', async () => {
    const observations: Record<string, readonly Observation[]> = {};
    for (const [index, one] of cases.entries()) observations[one.name] = await ask(one, index);
    if (process.env['RECORD'] === '1') {
      const version = readVersion(traefikProgram ?? '');
      const recorded = new Date().toISOString().slice(0, 10);
      writeFileSync(recording, `${JSON.stringify({ version, recorded, observations }, null, 2)}\n`);
    }
    for (const { name } of cases) expect(plain(observations[name] ?? [])).toEqual(read().observations[name]);
  });
});
