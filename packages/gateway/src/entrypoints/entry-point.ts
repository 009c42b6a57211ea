import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Clock } from '@grantgate/middleware/base/clock';
import type { EntryPointConfig } from '../config/install.ts';
import type { Handle } from '../pipeline/handle.ts';
import { createReadPath } from '../routing/request-path.ts';
import { createActivity, type Activity } from './activity.ts';
import { createCertificates, type CertificatePair } from './certificates.ts';
import { serveWithNode } from '../http1/server/node-fallback.ts';
import { createConnectionFacts } from '../http1/server/connection-facts.ts';
import { listen, reportAcceptErrors } from './listen.ts';
import { createReadFacts } from '../http1/server/request-facts.ts';
import { stopListening, takeConnections } from '../http1/server/node-internals.ts';
import { createFastPath, type FastPath } from '../http1/server/fast-path.ts';
import { createTrustedPeers } from '../http1/server/trusted-peers.ts';
import { createWriteStalls } from '../http1/server/write-stalls.ts';

/** A listener. */
export interface EntryPoint {
  readonly name: string;
  /** The port in use: the configured one, or the one that port 0 got. */
  readonly port: number;
  /** Connections that are open; undefined where it is not known. */
  connections(): number | undefined;
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
  /** Called for connections that the system could not open, at most once every ten seconds; the listener continues. */
  onError(error: Error): void;
  /** In the order of the configuration; empty for plain HTTP. */
  readonly certificates: readonly CertificatePair[];
}

/**
 * Opens the listener.
 *
 * @throws ListenError when it cannot listen on the address; any other error is about the certificates.
 */
export async function openEntryPoint(config: EntryPointConfig, deps: EntryPointDeps): Promise<EntryPoint> {
  const { server, setCertificates } = createServer(config, deps);
  const activity = createActivity();
  const fastPath = openPaths(server, activity, config, deps);
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
  return {
    name: config.name,
    port,
    connections: () => activity.connections,
    setCertificates,
    async retire() {
      stopListening(server);
      await withinGrace(activity.retire());
    },
    async drain() {
      const idle = activity.drain();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      fastPath?.closeIdle();
      await withinGrace(idle);
      activity.end();
      await closed;
    },
  };
}

/** @returns undefined where Node.js has to read every connection itself. */
function openPaths(
  server: Server,
  activity: Activity,
  config: EntryPointConfig,
  { clock, handle }: EntryPointDeps,
): FastPath | undefined {
  const opened = config.tls === undefined ? 'connection' : 'secureConnection';
  const toNodeFallback = takeConnections(server, opened);
  server.on('connection', (socket: Socket) => activity.connected(socket));
  const connectionOf = createConnectionFacts(
    createTrustedPeers(config.trustedIPs, config.insecureForwardedHeaders),
  );
  const scheme = config.tls === undefined ? 'http' : 'https';
  const readFacts = createReadFacts({ entryPoint: config.name, scheme, connectionOf });
  const readPath = createReadPath(config.encodedCharacters);
  const stalls = createWriteStalls(clock, config.transport.writeTimeoutMs);
  serveWithNode(server, { config, activity, readFacts, handle, readPath, stalls });
  if (toNodeFallback === undefined) return undefined;
  const fastPath = createFastPath({
    clock,
    config,
    activity,
    handle,
    readPath,
    stalls,
    connectionOf,
    toNodeFallback,
  });
  server.on(opened, (socket: Socket) => fastPath.accept(socket));
  return fastPath;
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
  // All lines are counted and a flood is refused; Node.js would drop headers beyond a count in silence.
  listener.server.maxHeadersCount = 0;
  return listener;
}

function createTlsServer(
  limits: { readonly headersTimeout: number },
  pairs: readonly CertificatePair[],
): Listener {
  let certificates = createCertificates(pairs);
  // For callers that name no server.
  const toDefault = ([first]: readonly CertificatePair[]) => ({
    ...(first !== undefined && { cert: first.cert, key: first.key }),
    minVersion: 'TLSv1.2' as const,
  });
  const server = createHttpsServer({
    ...limits,
    handshakeTimeout: limits.headersTimeout,
    ...toDefault(pairs),
    ALPNProtocols: ['http/1.1'],
    SNICallback: (name, done) => done(null, certificates.find(name)),
  });
  // Node.js leaves it open, and what is written to it never goes out.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return {
    server,
    setCertificates(next) {
      // All of them or none: throws before anything is changed.
      certificates = createCertificates(next);
      server.setSecureContext(toDefault(next));
    },
  };
}
