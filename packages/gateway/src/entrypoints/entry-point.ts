import {
  createServer as createHttpServer,
  ServerResponse,
  type IncomingMessage,
  type Server,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '@grantgate/middleware/base/clock';
import type { EntryPointConfig } from '../config/install.ts';
import type { Handle } from '../pipeline/handle.ts';
import { gatewayRefusals } from '../pipeline/refusals.ts';
import { toRequestId } from '../pipeline/request-id.ts';
import { writeRefusal } from '../pipeline/write-refusal.ts';
import { createCertificates, type CertificatePair } from './certificates.ts';
import { rejectConnection } from './reject-connection.ts';
import { createReadFacts } from './request-facts.ts';
import { createTrustedPeers } from './trusted-peers.ts';

/** A listener. */
export interface EntryPoint {
  readonly name: string;
  /** The port in use: the configured one, or the one that port 0 got. */
  readonly port: number;
  /** Takes no new requests, lets those under way finish for `graceTimeoutMs` at most, then closes every connection. */
  drain(): Promise<void>;
}

export interface EntryPointDeps {
  readonly clock: Clock;
  /** What serves the requests. */
  readonly handle: Handle;
  /** In the order of the configuration; empty for plain HTTP. */
  readonly certificates: readonly CertificatePair[];
}

/** Opens the listener; rejects when the address cannot be had. */
export async function openEntryPoint(config: EntryPointConfig, deps: EntryPointDeps): Promise<EntryPoint> {
  const tls = config.tls !== undefined;
  const server = createServer(config, deps);
  const activity = createActivity();
  const readFacts = createReadFacts({
    entryPoint: config.name,
    scheme: tls ? 'https' : 'http',
    isTrusted: createTrustedPeers(config.trustedIPs, config.insecureForwardedHeaders),
  });
  const serve = (
    request: IncomingMessage,
    response: ServerResponse,
    upgrade?: { readonly socket: Duplex; readonly head: Buffer },
  ): void => {
    if (activity.draining) {
      response.shouldKeepAlive = false;
      writeRefusal(response, gatewayRefusals.gateway_draining, toRequestId(request.rawHeaders));
      return;
    }
    activity.begin(response, upgrade?.socket);
    const facts = readFacts(request);
    if (facts === undefined) {
      response.shouldKeepAlive = false;
      writeRefusal(response, gatewayRefusals.request_invalid, toRequestId(request.rawHeaders));
      return;
    }
    deps.handle({ request, response, facts, upgrade, maxBodyBytes: config.transport.maxBodyBytes });
  };
  server.on('request', (request, response) => serve(request, response));
  server.on('upgrade', (request, socket: Socket, head) => {
    const response = new ServerResponse(request);
    response.assignSocket(socket);
    response.shouldKeepAlive = false;
    // An answer in place of the upgrade ends the connection: Node.js has stopped reading requests from it.
    response.once('finish', () => socket.end());
    socket.on('error', () => socket.destroy());
    const webSocket = request.headers.upgrade?.toLowerCase() === 'websocket';
    serve(request, response, webSocket ? { socket, head } : undefined);
  });
  server.on('clientError', rejectConnection);
  await listen(server, config);
  return {
    name: config.name,
    port: (server.address() as AddressInfo).port,
    async drain() {
      const idle = activity.drain();
      server.close();
      server.closeIdleConnections();
      const grace = new Promise<void>((resolve) =>
        deps.clock.after(config.transport.graceTimeoutMs, () => resolve()),
      );
      await Promise.race([idle, grace]);
      activity.end();
      server.closeAllConnections();
    },
  };
}

function createServer(config: EntryPointConfig, deps: EntryPointDeps): Server {
  const { transport } = config;
  const limits = {
    requestTimeout: transport.readTimeoutMs,
    headersTimeout: transport.headerTimeoutMs,
    keepAliveTimeout: transport.idleTimeoutMs,
    maxHeaderSize: transport.maxHeaderBytes,
    // How often the time limits of requests that are still arriving are looked at, in milliseconds.
    connectionsCheckingInterval: 1000,
  };
  const server =
    deps.certificates.length === 0 ? createHttpServer(limits) : createTlsServer(limits, deps.certificates);
  // Size is limited in bytes; Node.js would drop headers beyond a count in silence.
  server.maxHeadersCount = 0;
  return server;
}

function createTlsServer(limits: object, pairs: readonly CertificatePair[]): Server {
  const certificates = createCertificates(pairs);
  const [first] = pairs;
  return createHttpsServer({
    ...limits,
    ...(first !== undefined && { cert: first.cert, key: first.key }),
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
    SNICallback: (name, done) => done(null, certificates.find(name)),
  });
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

interface Activity {
  readonly draining: boolean;
  begin(response: ServerResponse, upgraded: Duplex | undefined): void;
  /** Resolves when no response is under way; WebSockets do not count, they may last for ever. */
  drain(): Promise<void>;
  /** Cuts the WebSockets. */
  end(): void;
}

function createActivity(): Activity {
  const responses = new Set<ServerResponse>();
  const upgraded = new Set<Duplex>();
  let draining = false;
  let whenIdle: (() => void) | undefined;
  return {
    get draining() {
      return draining;
    },
    begin(response, socket) {
      if (socket !== undefined) {
        upgraded.add(socket);
        socket.once('close', () => upgraded.delete(socket));
        return;
      }
      responses.add(response);
      response.once('close', () => {
        responses.delete(response);
        if (responses.size === 0) whenIdle?.();
      });
    },
    drain() {
      draining = true;
      for (const response of responses) response.shouldKeepAlive = false;
      return responses.size === 0 ? Promise.resolve() : new Promise((resolve) => (whenIdle = resolve));
    },
    end() {
      for (const socket of upgraded) socket.destroy();
    },
  };
}
