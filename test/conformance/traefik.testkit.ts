import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface TraefikOptions {
  /** URL of the forward-auth server for a request. */
  readonly addressOf: (request: IncomingMessage) => string;
  readonly authResponseHeadersOf: (request: IncomingMessage) => readonly string[];
  /** Origin of the service. */
  readonly service: string;
}

/**
 * A proxy that does what Traefik's ForwardAuth documents: GET to `address` with the caller's headers but hop-by-hop ones and
 * `X-Forwarded-Method`, `-Proto`, `-Host`, `-Uri`, `-For`; on 2xx each `authResponseHeaders` name is deleted from the
 * request and set from the answer; any other answer goes to the caller whole. Entry point with
 * `underscoreHeadersStrategy: delete`.
 */
export async function startTraefik(
  options: TraefikOptions,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    serve(request, response, options).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Pairs = readonly (readonly [name: string, value: string])[];

const hopByHop = /^(?:connection|keep-alive|proxy-.*|te|trailers?|transfer-encoding|upgrade)$/i;

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  options: TraefikOptions,
): Promise<void> {
  const body = await buffer(request);
  const sent: Pairs = toPairs(request.rawHeaders).filter(([name]) => !name.includes('_'));
  const forwarded: Pairs = [
    ['X-Forwarded-Method', request.method ?? ''],
    ['X-Forwarded-Proto', 'http'],
    ['X-Forwarded-Host', request.headers.host ?? ''],
    ['X-Forwarded-Uri', request.url ?? ''],
    ['X-Forwarded-For', request.socket.remoteAddress ?? ''],
  ];
  const asked: Pairs = [
    ...sent.filter(
      ([name]) => !hopByHop.test(name) && !/^(?:host|content-length|x-forwarded-.*)$/i.test(name),
    ),
    ...forwarded,
  ];
  const answer = await exchange(options.addressOf(request), 'GET', asked, Buffer.alloc(0));
  if (answer.status < 200 || answer.status > 299) {
    pass(response, answer);
    return;
  }
  const names = options.authResponseHeadersOf(request).map((name) => name.toLowerCase());
  const headers: Pairs = [
    ...sent.filter(([name]) => !hopByHop.test(name) && !names.includes(name.toLowerCase())),
    ...answer.headers.filter(([name]) => names.includes(name.toLowerCase())),
  ];
  pass(
    response,
    await exchange(new URL(request.url ?? '/', options.service).href, request.method ?? '', headers, body),
  );
}

interface Answer {
  readonly status: number;
  readonly headers: Pairs;
  readonly body: Buffer;
}

function pass(response: ServerResponse, { status, headers, body }: Answer): void {
  const kept: readonly string[] = headers.filter(([name]) => !hopByHop.test(name)).flat();
  response.writeHead(status, [...kept]);
  response.end(body);
}

function exchange(url: string, method: string, headers: Pairs, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port, host } = new URL(url);
    const path = url.slice(url.indexOf('/', 'http://'.length));
    const named = headers.some(([name]) => name.toLowerCase() === 'host');
    const outgoing = httpRequest({
      hostname,
      port,
      path,
      method,
      agent: false,
      headers: [...(named ? [] : ['Host', host]), ...headers.flat()],
    });
    outgoing.on('error', reject);
    outgoing.on('response', (answer) => {
      buffer(answer).then(
        (content) =>
          resolve({ status: answer.statusCode ?? 0, headers: toPairs(answer.rawHeaders), body: content }),
        reject,
      );
    });
    outgoing.end(body);
  });
}

function toPairs(raw: readonly string[]): Pairs {
  return raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? ''] as const] : []));
}
