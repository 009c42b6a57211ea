import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { EntryPointConfig } from '../../config/entry-point-config.ts';
import type { IncomingRequest } from '../../proxy/incoming-request.ts';
import type { Handle } from '../../pipeline/handle.ts';
import type { Refusal } from '../../middlewares/refusal.ts';
import { gatewayRefusals } from '../../pipeline/refusals.ts';
import { readRequestId } from '../../pipeline/request-id.ts';
import { toRefusalResponse, writeWhole } from '../../pipeline/write-refusal.ts';
import { createCallerSocket, endConnection } from '../../proxy/upgrade.ts';
import type { ReadPath } from '../../routing/request-path.ts';
import { hasTooManyFields } from '../message/header-lines.ts';
import { aboutServer } from './about-server.ts';
import type { RequestActivity } from './activity.ts';
import { createNodeResponse, createNodeBody } from './node-response.ts';
import { endConnectionWith, respondOn } from './node-internals.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import { createNodeRequests } from './node-requests.ts';
import { rejectConnection, toRefusal } from './reject-connection.ts';
import type { ReadFacts } from './request-facts.ts';
import type { WriteStalls } from './write-stalls.ts';

export interface FallbackDeps {
  readonly config: EntryPointConfig;
  readonly activity: RequestActivity;
  readonly readFacts: ReadFacts;
  readonly handle: Handle;
  readonly readPath: ReadPath;
  readonly stalls: WriteStalls;
  readonly limits?: ConnectionLimits | undefined;
}

/** Serves connections that Node.js reads, with requests of any form. */
export function serveWithNode(server: Server, deps: FallbackDeps): void {
  const { activity, config } = deps;
  const requests = createNodeRequests();
  const isEnding = (): boolean => activity.ending;
  const serve = (
    raw: ServerResponse,
    expectsContinue: boolean,
    upgrade: IncomingRequest['upgrade'],
  ): void => {
    const { req: request } = raw;
    const response = createNodeResponse(raw, isEnding, deps.stalls);
    if (upgrade === undefined) {
      requests.begin(raw);
      activity.begin();
      raw.on('close', () => activity.finish());
    }
    const isFlood = hasTooManyFields(request.rawHeaders, config.transport);
    const isReadable = upgrade === undefined || isFlood || isHandshake(request, upgrade.protocol);
    if (isAboutServer(request) && !isFlood && !activity.draining) {
      writeWhole(response, aboutServer);
      return;
    }
    const facts = isReadable ? deps.readFacts(request) : undefined;
    const refusal = activity.draining ? gatewayRefusals.gateway_draining : refusalOf(request, isFlood);
    const isLast = deps.limits?.isLast(request.socket) === true;
    if (facts === undefined || refusal !== undefined || isLast) response.last();
    if (facts === undefined) {
      const requestId = readRequestId(request.rawHeaders);
      writeWhole(response, toRefusalResponse(gatewayRefusals.request_invalid, requestId));
      return;
    }
    const refusable = deps.handle({
      facts,
      httpVersion: request.httpVersion,
      body: createNodeBody(request),
      response,
      upgrade,
      expectsContinue,
      refusal,
      readPath: deps.readPath,
      maxBodyBytes: config.transport.maxBodyBytes,
    });
    requests.setRefusable(raw, refusable);
  };
  const inTurn = createTurns(serve);
  server.on('request', (_request, response) => inTurn(response, false));
  server.on('checkContinue', (_request, response) => inTurn(response, true));
  server.on('connect', (_request, socket) => rejectConnection(socket, gatewayRefusals.method_not_supported));
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.removeListener('error', destroyOnError).on('error', destroyOnError);
    if (requests.find(socket) !== undefined) {
      // Refused when an earlier request has no response yet: two responses would be written to one connection.
      socket.destroy();
      return;
    }
    const protocol = toProtocol(request);
    if (protocol !== undefined || hasTooManyFields(request.rawHeaders, config.transport)) {
      const response = takeOver(request, socket);
      const onBlocked = (): void => deps.stalls.watch(socket);
      if (response === undefined) socket.destroy();
      else serve(response, false, createCallerSocket(socket, protocol ?? '', head, onBlocked));
    } else {
      // Node.js treats it as a new connection, and would add its listener a second time.
      socket.removeAllListeners('timeout');
      socket.unshift(Buffer.concat([withoutUpgrade(request), head]));
      server.emit('connection', socket);
    }
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    const response = requests.find(socket);
    // A response that has begun cannot be replaced.
    if (!socket.writable || hungUp.has(error.code) || requests.isLate(socket)) socket.destroy();
    else if (response === undefined) rejectConnection(socket, toRefusal(error));
    else if (response.headersSent || response.req.complete) socket.destroy();
    else {
      endConnectionWith(response);
      requests.refuse(response, toRefusal(error));
    }
  });
}

/** Node.js has removed its own listener from the connection. */
function destroyOnError(this: Socket): void {
  this.destroy();
}

/** The caller disconnected in the middle of a request. */
const hungUp: ReadonlySet<string | undefined> = new Set(['ECONNRESET', 'HPE_INVALID_EOF_STATE']);

const isAboutServer = ({ method, url }: IncomingMessage): boolean => method === 'OPTIONS' && url === '*';

/** Methods and messages that are refused whatever the routes say. */
function refusalOf({ method }: IncomingMessage, isFlood: boolean): Refusal | undefined {
  // A server that responds to TRACE would reveal the access token to the caller (RFC 9110 section 9.3.8).
  if (method === 'TRACE') return gatewayRefusals.method_not_supported;
  return isFlood ? gatewayRefusals.too_many_header_fields : undefined;
}

const webSocket = 'websocket';

/**
 * The protocol that a request asks for, if it is forwarded. HTTP and TLS are not: their requests would bypass the middlewares.
 * Neither is a protocol after a body.
 */
function toProtocol(request: IncomingMessage): string | undefined {
  const { upgrade = '' } = request.headers;
  if (upgrade.toLowerCase() === webSocket) return webSocket;
  const isOther =
    /^[\w!#$%&'*+.^`|~-]+(?:\/[\w!#$%&'*+.^`|~-]+)?$/.test(upgrade) &&
    !/^(?:h2c?|http|tls)(?:\/|$)/i.test(upgrade);
  return isOther && hasNoBody(request) ? upgrade : undefined;
}

/** RFC 6455 section 4.1. A body could be read as the first frames of the WebSocket. */
const isHandshake = (request: IncomingMessage, protocol: string): boolean =>
  hasNoBody(request) && (protocol !== webSocket || request.method === 'GET');

function hasNoBody({ headers, httpVersion }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return (
    httpVersion === '1.1' &&
    headers['transfer-encoding'] === undefined &&
    (length === undefined || length === '0')
  );
}

/** Maximum number of requests that wait on one connection for earlier responses; beyond it, the connection is closed. */
const maxWaiting = 128;

/**
 * Serves pipelined requests one after the other (RFC 9112 section 9.3.2); a request starts only when the response before it has
 * ended.
 */
function createTurns(
  serve: (response: ServerResponse, expectsContinue: boolean, upgrade: undefined) => void,
): (response: ServerResponse, expectsContinue: boolean) => void {
  const waiting = new WeakMap<Socket, number>();
  return (response, expectsContinue) => {
    if (response.socket !== null) {
      serve(response, expectsContinue, undefined);
      return;
    }
    const { socket } = response.req;
    const before = waiting.get(socket) ?? 0;
    waiting.set(socket, before + 1);
    if (before >= maxWaiting) socket.destroy();
    response.once('socket', () => {
      waiting.set(socket, (waiting.get(socket) ?? 1) - 1);
      serve(response, expectsContinue, undefined);
    });
  };
}

/**
 * A response on a connection from which Node.js no longer reads requests. A response instead of the upgrade closes the connection.
 */
function takeOver(request: IncomingMessage, socket: Socket): ServerResponse | undefined {
  const response = respondOn(request, socket);
  if (response === undefined) return undefined;
  endConnectionWith(response);
  socket.on('drain', () => response.emit('drain'));
  response.once('finish', () => endConnection(socket));
  return response;
}

/**
 * The head of a request without its request for another protocol, which a server may ignore (RFC 9110 section 7.8). Clients send
 * `Upgrade: h2c` with their first request, whatever its method and body.
 */
function withoutUpgrade({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  let head = `${method ?? ''} ${url ?? ''} HTTP/${httpVersion}\r\n`;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    const value = rawHeaders[at + 1] ?? '';
    if (name.toLowerCase() === 'upgrade') continue;
    head += `${name}: ${name.toLowerCase() === 'connection' ? withoutOption(value) : value}\r\n`;
  }
  return Buffer.from(`${head}\r\n`, 'latin1');
}

function withoutOption(value: string): string {
  const options = value.split(',').map((option) => option.trim());
  return options.filter((option) => option.toLowerCase() !== 'upgrade').join(', ');
}
