import { once } from 'node:events';
import { request, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { Clock } from '@grantgate/middleware/base/clock';
import { systemClock } from '@grantgate/middleware/base/clock';
import { createStores, type Stores } from '@grantgate/middleware/cache/stores';
import { createTokenCache } from '@grantgate/middleware/cache/token-cache';
import { onTestFinished } from 'vitest';
import { parseDocuments } from '../config/parse-documents.ts';
import { startServer } from '../../../testkit/src/http-server.ts';
import { startEntryPoint, type TestEntryPointOptions } from '../entrypoints/entry-point.testkit.ts';
import { translate } from '../providers/translate/translate.ts';
import { prepare } from '../snapshot/prepare.ts';
import { isCombining } from './kind.ts';
import type { Step } from './step.ts';

export interface CompiledMiddlewares {
  /** Sorted by position. */
  readonly steps: readonly Step[];
  /** `3:9 b@file.url: is required` */
  readonly problems: readonly string[];
}

/** The middlewares in `http.middlewares` of a route file, as YAML or as a value. @param services services that they name, with a value. */
export function compileMiddlewares(
  middlewares: string | object,
  clock: Clock = systemClock,
  stores: Stores = createStores({ clock }),
  services: object = {},
): CompiledMiddlewares {
  const text =
    typeof middlewares === 'string'
      ? `http:\n  middlewares:\n${middlewares.replace(/^/gm, '    ')}\n`
      : JSON.stringify({ http: { middlewares, services } });
  const { documents, problems } = parseDocuments(text, 'routes.yaml');
  const prepared = prepare(translate(documents, problems), {
    env: {},
    realPath: (path) => path,
    readFile() {
      throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    },
    entryPoints: undefined,
  });
  const deps = { clock, cache: createTokenCache({ clock }), stores };
  return {
    steps: Array.from(prepared.steps.values(), ({ name, kind, options }) =>
      options === undefined || isCombining(kind) ? [] : [kind.createCompile(deps)(options, name)],
    ).flat(),
    problems: prepared.problems.map(
      ({ place, path, message }) => `${place.line}:${place.column} ${path}: ${message}`,
    ),
  };
}

type HeaderPairs = readonly (readonly [name: string, value: string])[];

/** A response, and the request that the server behind the gateway received; undefined when it received none. */
export interface Passage {
  readonly status: number;
  readonly headers: HeaderPairs;
  readonly body: string;
  readonly seen: UpstreamRequest | undefined;
}

export interface UpstreamRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: HeaderPairs;
  readonly body: string;
}

/** The values of a header, in any letter case of its name. */
export const valuesOf = (headers: HeaderPairs | undefined, name: string): readonly string[] =>
  (headers ?? []).flatMap(([key, value]) => (key.toLowerCase() === name.toLowerCase() ? [value] : []));

/** A gateway with one route to its own server. The route has these middlewares, then the given steps. Both close after the test. */
export async function startGatewayWith(
  middlewares: string | object,
  {
    respond,
    prepare,
    stepClock,
    ...options
  }: {
    readonly respond?: RequestListener;
    /** Of the server. */
    readonly prepare?: (server: Server) => void;
    /** Of the middlewares alone. */
    readonly stepClock?: Clock;
  } & TestEntryPointOptions = {},
) {
  const { steps, problems } = compileMiddlewares(
    middlewares,
    stepClock,
    undefined,
    toServices(options.services),
  );
  if (problems.length > 0) throw new Error(problems.join('\n'));
  let seen: UpstreamRequest | undefined;
  const server = await startServer((incoming, response) => {
    void readBody(incoming).then((body) => {
      const { method = '', url: target = '' } = incoming;
      seen = { method, target, headers: toPairs(incoming.rawHeaders), body };
      if (respond === undefined) response.end('ok');
      else respond(incoming, response);
    });
  }, prepare);
  onTestFinished(() => server.close());
  const gateway = await startEntryPoint({
    servers: [server.url],
    ...options,
    steps: [...steps, ...(options.steps ?? [])],
  });
  onTestFinished(() => gateway.close());
  const send = async (
    target: string,
    headers: HeaderPairs = [],
    method = 'GET',
    body = '',
  ): Promise<Passage> => {
    seen = undefined;
    const { port } = gateway;
    const sent = request({ port, host: '127.0.0.1', method, path: target, agent: false, setHost: false });
    if (valuesOf(headers, 'host').length === 0) sent.setHeader('Host', 'api.example');
    for (const name of new Set(headers.map(([key]) => key)))
      sent.setHeader(name, [...valuesOf(headers, name)]);
    sent.end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const text = await readBody(response);
    return { status: response.statusCode ?? 0, headers: toPairs(response.rawHeaders), body: text, seen };
  };
  return { gateway, send };
}

/** The services of a gateway, in the form of a route file. */
const toServices = (urls: TestEntryPointOptions['services'] = {}): object =>
  Object.fromEntries(
    Object.entries(urls).map(([name, url]) => [
      name.replace('@file', ''),
      { loadBalancer: { servers: [{ url }] } },
    ]),
  );

async function readBody(message: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('latin1');
}

function toPairs(raw: readonly string[]): HeaderPairs {
  return raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? ''] as const] : []));
}
