import {
  createServer as createHttpServer,
  ServerResponse,
  type IncomingMessage,
  type Server,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { Server as NetServer, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '@grantgate/middleware/base/clock';
import type { EntryPointConfig } from '../config/install.ts';
import type { Exchange } from '../pipeline/exchange.ts';
import type { Handle } from '../pipeline/handle.ts';
import { gatewayRefusals, type Refusal } from '../pipeline/refusals.ts';
import { readRequestId } from '../pipeline/request-id.ts';
import { writeRefusal } from '../pipeline/write-refusal.ts';
import { endConnection } from '../proxy/upgrade.ts';
import { createActivity, type Activity } from './activity.ts';
import { createCertificates, type CertificatePair } from './certificates.ts';
import { rejectConnection, toRefusal } from './reject-connection.ts';
import { createReadFacts, type ReadFacts } from './request-facts.ts';
import { createTrustedPeers } from './trusted-peers.ts';
import { withoutUpgrade } from './without-upgrade.ts';

/** A listener. */
export interface EntryPoint {
  readonly name: string;
  /** The port in use: the configured one, or the one that port 0 got. */
  readonly port: number;
  /**
   * Uses other certificates from now on; connections that are open keep theirs.
   * @throws when they cannot be used; those in use stay.
   */
  setCertificates(pairs: readonly CertificatePair[]): void;
  /**
   * Takes no new connections, because another process does. Each that is open gets one more request answered, as the last, and
   * has `graceTimeoutMs` for it: a caller that is just about to use its connection again does not lose the request. To be
   * followed by `drain`, which may come at any time.
   */
  retire(): Promise<void>;
  /** Takes no new requests, lets those under way finish for `graceTimeoutMs` at most, then closes every connection. */
  drain(): Promise<void>;
}

export interface EntryPointDeps {
  readonly clock: Clock;
  /** What serves the requests. */
  readonly handle: Handle;
  /** What answers a request before anything is set up for it; false, with nothing done, for one that `handle` is to serve. */
  readonly answerAtOnce?:
    ((request: IncomingMessage, response: ServerResponse, readFacts: ReadFacts) => boolean) | undefined;
  /** Told of connections that the system could not open, at most once each ten seconds; the listener goes on. */
  onError(error: Error): void;
  /** In the order of the configuration; empty for plain HTTP. */
  readonly certificates: readonly CertificatePair[];
}

/** Opens the listener; rejects when the address cannot be had. */
export async function openEntryPoint(config: EntryPointConfig, deps: EntryPointDeps): Promise<EntryPoint> {
  const { server, setCertificates } = createServer(config, deps);
  const activity = createActivity();
  listenTo(server, activity, config, deps);
  await listen(server, config);
  const withinGrace = (done: Promise<void>): Promise<void> =>
    new Promise((resolve) => {
      const grace = deps.clock.after(config.transport.graceTimeoutMs, resolve);
      void done.then(() => {
        grace.cancel();
        resolve();
      });
    });
  let quietUntil = -Infinity;
  // Without file descriptors left, this may come as fast as the system can say it.
  server.on('error', (error) => {
    const now = deps.clock.monotonic();
    if (now < quietUntil) return;
    quietUntil = now + quietMs;
    deps.onError(error);
  });
  return {
    name: config.name,
    port: (server.address() as AddressInfo).port,
    setCertificates,
    async retire() {
      // The listener alone: the server's own `close` cuts idle connections.
      NetServer.prototype.close.call(server);
      await withinGrace(activity.retire());
    },
    async drain() {
      const idle = activity.drain();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      await withinGrace(idle);
      activity.end();
      await closed;
    },
  };
}

/** Milliseconds between two reports of connections that could not be opened. */
const quietMs = 10_000;

function listenTo(server: Server, activity: Activity, config: EntryPointConfig, deps: EntryPointDeps): void {
  const readFacts = createReadFacts({
    entryPoint: config.name,
    scheme: config.tls === undefined ? 'http' : 'https',
    isTrusted: createTrustedPeers(config.trustedIPs, config.insecureForwardedHeaders),
  });
  const serve = (response: ServerResponse, expectsContinue: boolean, upgrade: Exchange['upgrade']): void => {
    const { req: request } = response;
    if (upgrade === undefined) activity.begin(response);
    const facts = upgrade === undefined || isHandshake(request) ? readFacts(request) : undefined;
    const refusal = activity.draining ? gatewayRefusals.gateway_draining : refusalOf(request);
    if (facts === undefined || refusal !== undefined) response.shouldKeepAlive = false;
    if (facts === undefined) {
      writeRefusal(response, gatewayRefusals.request_invalid, readRequestId(request.rawHeaders));
      return;
    }
    const { maxBodyBytes } = config.transport;
    const refuse = deps.handle({ request, response, facts, upgrade, expectsContinue, refusal, maxBodyBytes });
    activity.setRefuse(response, refuse);
  };
  const inTurn = createTurns(serve);
  server.on('connection', (socket: Socket) => activity.connected(socket));
  const { answerAtOnce } = deps;
  server.on('request', (request, response) => {
    // Its turn must have come, and what a draining entry point says must end the connection.
    const atOnce = answerAtOnce !== undefined && response.socket !== null && !activity.draining;
    if (!atOnce || !answerAtOnce(request, response, readFacts)) inTurn(response, false);
  });
  server.on('checkContinue', (_request, response) => inTurn(response, true));
  server.on('connect', (_request, socket) => rejectConnection(socket, gatewayRefusals.method_not_supported));
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.removeListener('error', destroyOnError).on('error', destroyOnError);
    if (activity.find(socket) !== undefined) {
      // Sent before the answer to an earlier request was there: two would write to one connection.
      socket.destroy();
    } else if (request.headers.upgrade?.toLowerCase() === 'websocket') {
      serve(takeOver(request, socket), false, { socket, head });
    } else {
      // Node.js takes it for a new connection, and would add its listener to the one that it has.
      socket.removeAllListeners('timeout');
      socket.unshift(Buffer.concat([withoutUpgrade(request), head]));
      server.emit(config.tls === undefined ? 'connection' : 'secureConnection', socket);
    }
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    const response = activity.find(socket);
    // What has begun to be answered cannot be answered otherwise.
    if (!socket.writable || hungUp.has(error.code) || activity.isLate(socket)) socket.destroy();
    else if (response === undefined) rejectConnection(socket, toRefusal(error));
    else if (response.headersSent || response.req.complete) socket.destroy();
    else {
      response.shouldKeepAlive = false;
      activity.refuse(response, toRefusal(error));
    }
  });
}

/** Node.js has taken its own listener off the connection. */
function destroyOnError(this: Socket): void {
  this.destroy();
}

/** The caller went away in the middle of a request. */
const hungUp: ReadonlySet<string | undefined> = new Set(['ECONNRESET', 'HPE_INVALID_EOF_STATE']);

/** A method or a message that is refused whatever the routes say. */
function refusalOf(request: IncomingMessage): Refusal | undefined {
  // A server that answers TRACE would show the caller the access token (RFC 9110 section 9.3.8).
  return request.method === 'TRACE' ? gatewayRefusals.method_not_supported : undefined;
}

/** RFC 6455 section 4.1. A body could be read as the first frames of the WebSocket. */
function isHandshake({ method, headers, httpVersion }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return (
    method === 'GET' &&
    httpVersion === '1.1' &&
    headers['transfer-encoding'] === undefined &&
    (length === undefined || length === '0')
  );
}

/** Requests that wait on one connection for the answers to those before them; beyond this it is cut. */
const maxWaiting = 128;

/** Serves pipelined requests one after the other (RFC 9112 section 9.3.2): one that never gets its turn never begins. */
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

/** A response on a connection from which Node.js has stopped reading requests: an answer in place of the upgrade ends it. */
function takeOver(request: IncomingMessage, socket: Socket): ServerResponse {
  const response = new ServerResponse(request);
  response.assignSocket(socket);
  response.shouldKeepAlive = false;
  socket.on('drain', () => response.emit('drain'));
  response.once('finish', () => endConnection(socket));
  return response;
}

interface Listener {
  readonly server: Server;
  readonly setCertificates: EntryPoint['setCertificates'];
}

function createServer(config: EntryPointConfig, deps: EntryPointDeps): Listener {
  const { transport } = config;
  const limits = {
    requestTimeout: transport.readTimeoutMs,
    // Node.js refuses a time limit for the head that is longer than the whole request's.
    headersTimeout:
      transport.readTimeoutMs === 0
        ? transport.headerTimeoutMs
        : Math.min(transport.headerTimeoutMs, transport.readTimeoutMs),
    keepAliveTimeout: transport.idleTimeoutMs,
    maxHeaderSize: transport.maxHeaderBytes,
    // How often the time limits of requests that are still arriving are looked at, in milliseconds.
    connectionsCheckingInterval: 1000,
    // Said by an entry point's own strict reading, with a problem document.
    requireHostHeader: false,
  };
  const listener =
    deps.certificates.length === 0
      ? { server: createHttpServer(limits), setCertificates() {} }
      : createTlsServer(limits, deps.certificates);
  // Size is limited in bytes; Node.js would drop headers beyond a count in silence.
  listener.server.maxHeadersCount = 0;
  return listener;
}

function createTlsServer(limits: object, pairs: readonly CertificatePair[]): Listener {
  let certificates = createCertificates(pairs);
  // For callers that name no server.
  const toDefault = ([first]: readonly CertificatePair[]) => ({
    ...(first !== undefined && { cert: first.cert, key: first.key }),
    minVersion: 'TLSv1.2' as const,
  });
  const server = createHttpsServer({
    ...limits,
    ...toDefault(pairs),
    ALPNProtocols: ['http/1.1'],
    SNICallback: (name, done) => done(null, certificates.find(name)),
  });
  return {
    server,
    setCertificates(next) {
      // All of them or none: throws before anything is changed.
      certificates = createCertificates(next);
      server.setSecureContext(toDefault(next));
    },
  };
}

function listen(server: Server, { host, port }: EntryPointConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host !== undefined && { host }) }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
