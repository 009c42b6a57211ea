import type { Agent } from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream';
import type { Clock } from '@grantgate/middleware/base/clock';
import type { TraefikEntryPoint } from './configuration.testkit.ts';
import { checkRequest } from './forward-auth.testkit.ts';
import { rewriteForwarded } from './forwarded-headers.testkit.ts';
import type { CanonicalFields } from './header-fields.testkit.ts';
import { firstOf, readFields } from './header-fields.testkit.ts';
import type { TraefikRequest } from './incoming-request.testkit.ts';
import type { AnyRequest, AnyResponse, Handlers } from './listener.testkit.ts';
import type { OutgoingResponse } from './outgoing-request.testkit.ts';
import type { Target } from './request-target.testkit.ts';
import { parseTarget } from './request-target.testkit.ts';
import type { TraefikRoute } from './router.testkit.ts';
import { hasDeniedCharacter } from './router.testkit.ts';
import { sendToService, toCallerFields } from './service-request.testkit.ts';

export interface TraefikEntryPointDeps {
  readonly agent: Agent;
  readonly clock: Clock;
  readonly route: (request: TraefikRequest) => TraefikRoute | undefined;
}

/** A response of the proxy itself, or of the check. */
interface OwnResponse {
  readonly status: number;
  readonly fields: CanonicalFields;
  readonly body: Buffer;
}

type Outcome = { readonly own: OwnResponse } | { readonly served: OutgoingResponse };

/** Responds to the requests of one entry point. */
export function createHandlers(entryPoint: TraefikEntryPoint, deps: TraefikEntryPointDeps): Handlers {
  return {
    onRequest(request, response) {
      const abort = new AbortController();
      response.on('close', () => abort.abort());
      handle(request, entryPoint, deps, abort.signal)
        .then((outcome) => respond(response, outcome))
        .catch(() => response.destroy());
    },
    onUpgrade(request, socket, head) {
      const abort = new AbortController();
      socket.on('close', () => abort.abort());
      socket.on('error', () => socket.destroy());
      handle(request, entryPoint, deps, abort.signal)
        .then((outcome) => upgrade(socket, head, outcome))
        .catch(() => socket.destroy());
    },
  };
}

async function handle(
  message: AnyRequest,
  entryPoint: TraefikEntryPoint,
  { agent, clock, route }: TraefikEntryPointDeps,
  signal: AbortSignal,
): Promise<Outcome> {
  const fields = filterNames(readFields(message.rawHeaders), entryPoint);
  if (fields === undefined) return errorResponse(400, 'Bad Request');
  const target = parseTarget(message.url ?? '/');
  if (target === undefined) return ownResponse(400);
  const request = toRequest(message, target, fields, entryPoint);
  rewriteForwarded(request, entryPoint);
  const found = route(request);
  if (found === undefined) return errorResponse(404, '404 page not found');
  if (hasDeniedCharacter(request, entryPoint)) return ownResponse(400);
  let body: Buffer | undefined;
  for (const options of found.checks) {
    const outcome = await checkRequest(request, options, { agent, clock, signal });
    if (!outcome.passes) return { own: outcome };
    body = outcome.body ?? body;
  }
  try {
    return { served: await sendToService(request, body, { origin: found.service, agent, signal }) };
  } catch {
    return ownResponse(502, 'Bad Gateway');
  }
}

/** Removes the names that the entry point deletes; undefined when it rejects one. */
function filterNames(fields: CanonicalFields, { http }: TraefikEntryPoint): CanonicalFields | undefined {
  const { underscoreHeadersStrategy, aliasHeadersStrategy } = http;
  const strategy = aliasHeadersStrategy ?? underscoreHeadersStrategy;
  const odd = aliasHeadersStrategy === undefined ? /_/ : /[^A-Za-z\d-]/;
  const found = [...fields.keys()].filter((name) => odd.test(name));
  if (strategy === 'reject' && found.length > 0) return undefined;
  if (strategy === 'delete') for (const name of found) fields.delete(name);
  return fields;
}

function toRequest(
  message: AnyRequest,
  target: Target,
  fields: CanonicalFields,
  { http }: TraefikEntryPoint,
): TraefikRequest {
  const length = fields.get('Content-Length')?.[0];
  const unknown = 'stream' in message ? !message.stream.endAfterHeaders : fields.has('Transfer-Encoding');
  const authority = 'authority' in message ? message.authority : '';
  const host = target.host ?? (authority || firstOf(fields, 'Host'));
  for (const name of ['Host', 'Transfer-Encoding', 'Content-Length']) fields.delete(name);
  return {
    method: message.method ?? 'GET',
    target: { ...target, query: target.query.replaceAll(';', http.encodeQuerySemicolons ? '%3B' : '&') },
    host,
    fields,
    remoteAddress: message.socket.remoteAddress ?? '',
    contentLength: length !== undefined ? Number(length) : unknown ? undefined : 0,
    body: message,
  };
}

function ownResponse(status: number, text = ''): Outcome {
  return { own: { status, fields: new Map(), body: Buffer.from(text) } };
}

/** As Go's `http.Error` writes it. */
function errorResponse(status: number, text: string): Outcome {
  const fields: CanonicalFields = new Map([
    ['Content-Type', ['text/plain; charset=utf-8']],
    ['X-Content-Type-Options', ['nosniff']],
  ]);
  return { own: { status, fields, body: Buffer.from(`${text}\n`) } };
}

/** Status and headers for the caller; Go sends the length of a short body. */
function toHead(outcome: Outcome): { readonly status: number; readonly fields: CanonicalFields } {
  if ('served' in outcome)
    return { status: outcome.served.message.statusCode ?? 502, fields: toCallerFields(outcome.served) };
  const { status, fields, body } = outcome.own;
  return { status, fields: new Map([...fields, ['Content-Length', [String(body.length)]]]) };
}

function respond(response: AnyResponse, outcome: Outcome): void {
  const { status, fields } = toHead(outcome);
  for (const [name, values] of fields) response.setHeader(name, [...values]);
  response.removeHeader('Connection');
  response.statusCode = status;
  if ('own' in outcome) response.end(outcome.own.body);
  else pipeline(outcome.served.message, response as NodeJS.WritableStream, () => {});
}

/** Writes the response to a request for an upgrade; after 101, passes bytes in both directions. */
function upgrade(socket: Duplex, head: Buffer, outcome: Outcome): void {
  const served = 'served' in outcome ? outcome.served : undefined;
  const { status, fields } = toHead(outcome);
  const lines = [...fields].flatMap(([name, values]) => values.map((value) => `${name}: ${value}\r\n`));
  socket.write(
    `HTTP/1.1 ${status} \r\n${lines.join('')}${served?.upgraded ? '' : 'Connection: close\r\n'}\r\n`,
    'latin1',
  );
  if (served === undefined) socket.end('own' in outcome ? outcome.own.body : '');
  else if (served.upgraded === undefined) served.message.pipe(socket);
  else {
    const { socket: service, head: first } = served.upgraded;
    socket.write(first);
    service.write(head);
    pipeline(socket, service, socket, () => {});
  }
}
