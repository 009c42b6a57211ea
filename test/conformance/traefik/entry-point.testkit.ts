import type { Agent } from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream';
import type { Clock } from '@grantgate/middleware/base/clock';
import type { EntryPoint } from './configuration.testkit.ts';
import { checkRequest } from './forward-auth.testkit.ts';
import { rewriteForwarded } from './forwarded-headers.testkit.ts';
import type { HeaderFields } from './header-fields.testkit.ts';
import { firstOf, readFields } from './header-fields.testkit.ts';
import type { IncomingRequest } from './incoming-request.testkit.ts';
import type { AnyRequest, AnyResponse, Handlers } from './listener.testkit.ts';
import type { OutgoingResponse } from './outgoing-request.testkit.ts';
import { parseTarget } from './request-target.testkit.ts';
import type { Route } from './router.testkit.ts';
import { hasDeniedCharacter } from './router.testkit.ts';
import { sendToService, toCallerFields } from './service-request.testkit.ts';

export interface EntryPointDeps {
  readonly agent: Agent;
  readonly clock: Clock;
  readonly route: (request: IncomingRequest) => Route | undefined;
}

/** A response that is the proxy's own, or the check's. */
interface OwnResponse {
  readonly status: number;
  readonly fields: HeaderFields;
  readonly body: Buffer;
}

type Outcome = { readonly own: OwnResponse } | { readonly served: OutgoingResponse };

/** Answers the requests of one entry point. */
export function createHandlers(entryPoint: EntryPoint, deps: EntryPointDeps): Handlers {
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
  entryPoint: EntryPoint,
  { agent, clock, route }: EntryPointDeps,
  signal: AbortSignal,
): Promise<Outcome> {
  const request = readRequest(message, entryPoint);
  if (request === undefined) return ownResponse(400);
  rewriteForwarded(request, entryPoint);
  const found = route(request);
  if (found === undefined) return ownResponse(404, '404 page not found\n');
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

/** Undefined for a request that the entry point refuses. */
function readRequest(message: AnyRequest, { http }: EntryPoint): IncomingRequest | undefined {
  const fields = readFields(message.rawHeaders);
  const parsed = parseTarget(message.url ?? '/');
  if (parsed === undefined) return undefined;
  const { underscoreHeadersStrategy, aliasHeadersStrategy } = http;
  const strategy = aliasHeadersStrategy ?? underscoreHeadersStrategy;
  const odd = aliasHeadersStrategy === undefined ? /_/ : /[^A-Za-z\d-]/;
  const found = [...fields.keys()].filter((name) => odd.test(name));
  if (strategy === 'reject' && found.length > 0) return undefined;
  if (strategy === 'delete') for (const name of found) fields.delete(name);
  const query = parsed.query.replaceAll(';', http.encodeQuerySemicolons ? '%3B' : '&');
  const chunked =
    fields.has('Transfer-Encoding') || (message.httpVersionMajor === 2 && !message.readableEnded);
  const contentLength = fields.has('Content-Length')
    ? Number(firstOf(fields, 'Content-Length'))
    : chunked
      ? undefined
      : 0;
  const { authority = '' } = message.httpVersionMajor === 2 ? (message as { authority?: string }) : {};
  const host = parsed.host ?? (authority || firstOf(fields, 'Host'));
  for (const name of ['Host', 'Transfer-Encoding', 'Content-Length']) fields.delete(name);
  return {
    method: message.method ?? 'GET',
    target: { ...parsed, query },
    host,
    fields,
    remoteAddress: message.socket.remoteAddress ?? '',
    contentLength,
    body: message,
  };
}

function ownResponse(status: number, text = ''): Outcome {
  const fields: HeaderFields = new Map([['Content-Length', [String(text.length)]]]);
  if (text.includes('page')) fields.set('Content-Type', ['text/plain; charset=utf-8']);
  return { own: { status, fields, body: Buffer.from(text) } };
}

function respond(response: AnyResponse, outcome: Outcome): void {
  const status = 'own' in outcome ? outcome.own.status : (outcome.served.message.statusCode ?? 502);
  const fields = 'own' in outcome ? outcome.own.fields : toCallerFields(outcome.served);
  for (const [name, values] of fields) response.setHeader(name, [...values]);
  response.removeHeader('Connection');
  response.statusCode = status;
  if ('own' in outcome) response.end(outcome.own.body);
  else pipeline(outcome.served.message, response as NodeJS.WritableStream, () => {});
}

/** Writes the response to a request for an upgrade; after 101, passes bytes both ways. */
function upgrade(socket: Duplex, head: Buffer, outcome: Outcome): void {
  const served = 'served' in outcome ? outcome.served : undefined;
  const status = 'own' in outcome ? outcome.own.status : (served?.message.statusCode ?? 502);
  const fields = 'own' in outcome ? outcome.own.fields : toCallerFields(outcome.served);
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
