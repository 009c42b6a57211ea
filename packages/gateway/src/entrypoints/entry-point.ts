import { randomBytes } from 'node:crypto';
import { createServer as createHttpServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '@grantgate/middleware/base/clock';
import type { EntryPointConfig } from '../config/entry-point-config.ts';
import type { Handle } from '../pipeline/handle.ts';
import { createReadPath } from '../routing/request-path.ts';
import { createActivity, type Activity } from './activity.ts';
import type { ConnectionTls } from '../routing/connection-tls.ts';
import type { CertificatePair } from '../tls/certificate-pair.ts';
import { plainListener, type ListenerTls } from '../tls/listener-tls.ts';
import { isHandshake } from './client-hello.ts';
import { createConnectionTls } from './connection-tls.ts';
import { readFirstBytes } from './first-bytes.ts';
import { createTlsAcceptor } from './tls-acceptor.ts';
import { serveWithNode } from '../http1/server/node-fallback.ts';
import { createConnectionLimits } from '../http1/server/connection-limits.ts';
import { createReadConnection, keepConnectionFacts } from '../http1/server/connection-facts.ts';
import { listen, reportAcceptErrors } from './listen.ts';
import { createReadFacts } from '../http1/server/request-facts.ts';
import { stopListening, takeConnections } from '../http1/server/node-internals.ts';
import { createHttp2Connections, type Http2Connections } from '../http2/server/connections.ts';
import { isHttp2, mayBeHttp2 } from '../http2/server/preface.ts';
import type { Http2TakeOver } from '../http1/server/caller-connection.ts';
import { createFastPath, type FastPath } from '../http1/server/fast-path.ts';
import { createProxiedConnections } from './proxied-connections.ts';
import { createTrustedPeers } from '../http1/server/trusted-peers.ts';
import { createWriteStalls } from '../http1/server/write-stalls.ts';
import { assertUsable } from '../tls/certificate-pair.ts';

/** A listener. */
export interface EntryPoint {
  readonly name: string;
  /** The actual port: the configured one, or the one that was assigned for port 0. */
  readonly port: number;
  /** Number of open connections; undefined if it is unknown. */
  connections(): number | undefined;
  /**
   * Replaces the certificates; open connections keep theirs.
   * @throws when they are invalid; the current ones stay in use.
   */
  setCertificates(pairs: readonly CertificatePair[]): void;
  /** Replaces the TLS settings of the routes; open connections keep theirs. */
  setTls(tls: ListenerTls): void;
  /**
   * Accepts no new connections, because another process does. Each open connection gets one more response, its last, within
   * `graceTimeoutMs`. A caller that is about to use its connection therefore loses no request. Call `drain` afterwards, at any
   * time.
   */
  retire(): Promise<void>;
  /**
   * Accepts requests for another `acceptGraceTimeoutMs`, unless it is retired. Then it refuses new requests, waits at most
   * `graceTimeoutMs` for those in flight, and closes every connection.
   */
  drain(): Promise<void>;
}

export interface EntryPointDeps {
  readonly clock: Clock;
  /** Handler of requests. */
  readonly handle: Handle;
  /** Called for connections that the system could not open, at most once every ten seconds; the listener continues. */
  onError(error: Error): void;
  /** Its own certificates, in the order of the configuration. */
  readonly certificates: readonly CertificatePair[];
  /** 32 bytes that all workers share, for session tickets. Default: random ones. */
  readonly ticketSecret?: Uint8Array | undefined;
  /** TLS settings of the routes; default: none. */
  readonly tls?: ListenerTls | undefined;
}

/**
 * Opens the listener.
 * @throws ListenError when it cannot listen on the address; any other error is about the certificates.
 */
export async function openEntryPoint(config: EntryPointConfig, deps: EntryPointDeps): Promise<EntryPoint> {
  const server = createServer(config);
  const activity = createActivity();
  const { fastPath, http2, ...secure } = openPaths(server, activity, config, deps);
  const port = await listen(server, config);
  const withinGrace = (done: Promise<void>): Promise<void> =>
    new Promise((resolve) => {
      const grace = deps.clock.after(config.transport.graceTimeoutMs, resolve);
      void done.then(() => {
        grace.cancel();
        resolve();
      });
    });
  reportAcceptErrors(server, deps.clock, (error) => deps.onError(error));
  const { acceptGraceTimeoutMs } = config.transport;
  let isRetired = false;
  return {
    name: config.name,
    port,
    connections: () => activity.connections,
    ...secure,
    async retire() {
      isRetired = true;
      stopListening(server);
      const empty = activity.retire();
      http2.closeAll();
      await withinGrace(empty);
    },
    async drain() {
      if (acceptGraceTimeoutMs > 0 && !isRetired)
        await new Promise<void>((resolve) => void deps.clock.after(acceptGraceTimeoutMs, resolve));
      const idle = activity.drain();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      fastPath.closeIdle();
      http2.closeAll();
      await withinGrace(idle);
      activity.end();
      await closed;
    },
  };
}

interface Paths extends Pick<EntryPoint, 'setCertificates' | 'setTls'> {
  readonly fastPath: FastPath;
  readonly http2: Http2Connections;
}

function openPaths(
  server: Server,
  activity: Activity,
  config: EntryPointConfig,
  { clock, handle, certificates, tls = plainListener, ticketSecret = randomBytes(32) }: EntryPointDeps,
): Paths {
  const toNodeFallback = takeConnections(server);
  const secured = new WeakMap<Socket, ConnectionTls>();
  const { headersTimeout: handshakeMs } = toTimeLimits(config);
  const proxied =
    config.proxyProtocol && createProxiedConnections(config.proxyProtocol, { clock, limitMs: handshakeMs });
  const readConnection = createReadConnection(
    createTrustedPeers(config.trustedIPs, config.insecureForwardedHeaders),
    (socket) => secured.get(socket),
    proxied?.callerOf,
  );
  const connectionOf = keepConnectionFacts(readConnection);
  const readFacts = createReadFacts({ entryPoint: config.name, connectionOf });
  const readPath = createReadPath(config.encodedCharacters);
  const stalls = createWriteStalls(clock, config.transport.writeTimeoutMs);
  const limits = createConnectionLimits(config.transport, clock);
  serveWithNode(server, { config, activity, readFacts, handle, readPath, stalls, limits });
  const common = { clock, config, activity, handle, readPath, limits };
  const http2 = createHttp2Connections({ ...common, connectionOf });
  const fastPath = createFastPath({
    ...{ ...common, readConnection, stalls, toNodeFallback },
    http2: config.http2.h2c ? toTakeOver(http2, toNodeFallback, { clock, limitMs: handshakeMs }) : undefined,
  });
  const accept = (socket: Socket): void => fastPath.accept(socket);
  const acceptor = createTlsAcceptor({
    clock,
    handshakeMs,
    ticketSecret,
    onSecure(socket, name, options) {
      secured.set(socket, createConnectionTls(socket, name, options));
      if (socket.alpnProtocol === 'h2') http2.accept(socket);
      else accept(socket);
    },
  });
  const secure = (socket: Socket): void => acceptor.accept(socket);
  const peek = (socket: Socket): void =>
    readFirstBytes(socket, { clock, limitMs: handshakeMs }, toKind, ({ isTls }) =>
      (isTls ? secure : accept)(socket),
    );
  let own = certificates;
  let routes = tls;
  if (config.tls !== undefined && own.length > 0) assertUsable(own);
  acceptor.configure(own, routes);
  const begin = (socket: Socket): void => {
    // As in Traefik, one port accepts both if a router requires TLS and the entry point does not.
    if (config.tls !== undefined) secure(socket);
    else if (routes.hasRouters) peek(socket);
    else accept(socket);
  };
  server.on('connection', (socket: Socket) => {
    // Node.js returned the connection after an invalid upgrade: its TLS handshake and its PROXY header are already done.
    if (secured.has(socket)) {
      accept(socket);
      return;
    }
    activity.connected(socket);
    if (proxied === undefined) begin(socket);
    else proxied.accept(socket, begin);
  });
  return {
    fastPath,
    http2,
    setCertificates(next) {
      // Validates all of them before it changes anything.
      assertUsable(next);
      own = next;
      acceptor.configure(own, routes);
    },
    setTls(next) {
      routes = next;
      acceptor.configure(own, routes);
    },
  };
}

/** Takes over connections that begin with HTTP/2 (prior knowledge). */
function toTakeOver(
  http2: Http2Connections,
  toNodeFallback: (socket: Socket) => void,
  limit: Parameters<typeof readFirstBytes>[1],
): Http2TakeOver {
  return {
    begins: mayBeHttp2,
    takeOver: (socket, bytes, reads) => http2.takeOver(socket, bytes, reads),
    accept: (socket) =>
      readFirstBytes(socket, limit, isHttp2, (judged) =>
        judged.isHttp2 ? http2.accept(socket) : toNodeFallback(socket),
      ),
  };
}

/** Undefined before the first byte. */
const toKind = (bytes: Buffer): { readonly isTls: boolean } | undefined =>
  bytes.length === 0 ? undefined : { isTls: isHandshake(bytes) };

function toTimeLimits({ transport }: EntryPointConfig) {
  return {
    requestTimeout: transport.readTimeoutMs,
    // Node.js rejects a time limit of the head that is longer than that of the whole request.
    headersTimeout:
      transport.readTimeoutMs === 0
        ? transport.headerTimeoutMs
        : Math.min(transport.headerTimeoutMs, transport.readTimeoutMs),
    keepAliveTimeout: transport.idleTimeoutMs,
  };
}

function createServer(config: EntryPointConfig): Server {
  const server = createHttpServer({
    ...toTimeLimits(config),
    maxHeaderSize: config.transport.maxHeaderBytes,
    // Milliseconds between two checks of the time limits of arriving requests.
    connectionsCheckingInterval: 1000,
    // The entry point refuses these itself, by its strict reading, with a problem document.
    requireHostHeader: false,
  });
  // All lines are counted and a flood is refused; Node.js would silently drop headers beyond a limit.
  server.maxHeadersCount = 0;
  return server;
}
