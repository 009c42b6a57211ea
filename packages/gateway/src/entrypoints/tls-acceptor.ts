import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import { createSecureContext, createServer, type SecureContext, type Server, type TLSSocket } from 'node:tls';
import type { Clock } from '@grantgate/middleware/base/clock';
import type { CertificateIndex } from '../tls/certificate-index.ts';
import { createCertificateIndex, findByName } from '../tls/certificate-index.ts';
import type { CertificatePair } from '../tls/certificate-pair.ts';
import type { ListenerTls } from '../tls/listener-tls.ts';
import { defaultOptionsName, type TlsOptions } from '../tls/options.ts';
import { createSelfSigned } from '../tls/self-signed.ts';
import { readClientHello } from './client-hello.ts';
import { readFirstBytes } from './first-bytes.ts';
import { deriveTicketKeys, ticketKeysMs } from './ticket-keys.ts';

/** Performs TLS handshakes with callers. */
export interface TlsAcceptor {
  /** Affects new connections only. */
  configure(own: readonly CertificatePair[], routes: ListenerTls): void;
  /** Performs the handshake of a new connection, or closes it. */
  accept(socket: Socket): void;
}

export interface TlsAcceptorDeps {
  readonly clock: Clock;
  /** Milliseconds for a handshake. */
  readonly handshakeMs: number;
  /** 32 bytes, from which all workers derive the keys of session tickets. */
  readonly ticketSecret: Uint8Array;
  /** Called with each TLS connection and its options. */
  onSecure(socket: TLSSocket, name: string, options: TlsOptions): void;
}

/**
 * One TLS server per set of options: version, ciphers and the request for a client certificate are fixed before Node.js
 * requests the context of a server name. A session is resumed with its original options, because each server has its own keys
 * for tickets.
 */
export function createTlsAcceptor(deps: TlsAcceptorDeps): TlsAcceptor {
  let state: State | undefined;
  const selfSigned = createOnce(() => createSelfSigned(deps.clock.now()));
  const secure = (now: State, name: string, socket: Socket): void => {
    const server = findServer(now, name, deps, selfSigned);
    if (server === undefined) socket.destroy();
    else server.emit('connection', socket);
  };
  return {
    configure(own, routes) {
      state = changeState(state, own, routes);
    },
    accept(socket) {
      const now = state;
      if (now === undefined) {
        socket.destroy();
        return;
      }
      rotate(now, Math.floor(deps.clock.now() / ticketKeysMs), deps.ticketSecret);
      const { hosts } = now.routes;
      if (hosts.size === 0) {
        secure(now, defaultOptionsName, socket);
        return;
      }
      const read = { clock: deps.clock, limitMs: deps.handshakeMs };
      readFirstBytes(socket, read, toServerName, ({ serverName }) => {
        secure(now, (serverName && findOptions(hosts, serverName)) ?? defaultOptionsName, socket);
      });
    },
  };
}

/** Exact name, wildcard of one label, wildcard of several labels, the longest first. */
function findOptions(hosts: ReadonlyMap<string, string>, serverName: string): string | undefined {
  let found = findByName(hosts, serverName);
  const name = serverName.toLowerCase();
  for (let dot = name.indexOf('.'); found === undefined && dot >= 0; dot = name.indexOf('.', dot + 1))
    found = hosts.get(`**${name.slice(dot)}`);
  return found;
}

/** Undefined: more bytes are needed. */
function toServerName(bytes: Buffer): { readonly serverName: string | undefined } | undefined {
  const first = readClientHello(bytes);
  if (first.kind === 'incomplete') return undefined;
  // The TLS library refuses all other bytes.
  return { serverName: first.kind === 'tls' ? first.serverName : undefined };
}

interface State {
  readonly own: readonly CertificatePair[];
  readonly routes: ListenerTls;
  readonly index: CertificateIndex;
  /** By name of the options. */
  readonly servers: Map<string, Server>;
  /** Number of the period of the ticket keys. */
  period: number;
}

/** Servers with unchanged certificates and options are kept, and with them the sessions of callers. */
function changeState(before: State | undefined, own: readonly CertificatePair[], routes: ListenerTls): State {
  if (before?.own === own && isSameIdentity(before.routes, routes)) return { ...before, routes };
  return {
    own,
    routes,
    index: createCertificateIndex([...own, ...routes.certificates]),
    servers: new Map(),
    period: NaN,
  };
}

const isSameIdentity = (a: ListenerTls, b: ListenerTls): boolean =>
  a.certificates === b.certificates &&
  a.defaultCertificate === b.defaultCertificate &&
  a.options === b.options;

function findServer(
  state: State,
  name: string,
  deps: TlsAcceptorDeps,
  selfSigned: () => CertificatePair,
): Server | undefined {
  const known = state.servers.get(name);
  const options = state.routes.options.get(name);
  if (known !== undefined || options === undefined) return known;
  const fallback = options.sniStrict
    ? undefined
    : (state.own[0] ?? state.routes.defaultCertificate ?? selfSigned());
  const server = createTlsServer(options, { index: state.index, fallback, handshakeMs: deps.handshakeMs });
  server.on('secureConnection', (socket: TLSSocket) => {
    if (isAdmitted(socket, options)) deps.onSecure(socket, name, options);
    else socket.destroy();
  });
  server.setTicketKeys(deriveTicketKeys(deps.ticketSecret, options, state.period));
  state.servers.set(name, server);
  return server;
}

/** Replaces the keys of tickets when their time is over; a session with an older ticket starts with a full handshake. */
function rotate(state: State, period: number, secret: Uint8Array): void {
  if (state.period === period) return;
  state.period = period;
  for (const [name, server] of state.servers) {
    const options = state.routes.options.get(name);
    if (options !== undefined) server.setTicketKeys(deriveTicketKeys(secret, options, period));
  }
}

interface ServerIdentity {
  readonly index: CertificateIndex;
  /** For names that no certificate covers, and for callers that name none; undefined: they are refused. */
  readonly fallback: CertificatePair | undefined;
  readonly handshakeMs: number;
}

function createTlsServer(options: TlsOptions, { index, fallback, handshakeMs }: ServerIdentity): Server {
  const contexts = new Map<CertificatePair, SecureContext>();
  const contextOf = (pair: CertificatePair): SecureContext => {
    let context = contexts.get(pair);
    if (context === undefined)
      contexts.set(pair, (context = createSecureContext(toContextOptions(options, pair))));
    return context;
  };
  const server = createServer({
    ...toContextOptions(options, fallback),
    handshakeTimeout: handshakeMs,
    requestCert: options.clientAuthType !== 'NoClientCert',
    rejectUnauthorized: options.clientAuthType === 'RequireAndVerifyClientCert',
    ALPNProtocols: [...options.alpnProtocols],
    SNICallback(name, done) {
      const pair = index.find(name) ?? fallback;
      if (pair === undefined) done(new Error('no certificate covers the server name'));
      else done(null, contextOf(pair));
    },
  });
  // Node.js would leave it open, and data written to it would never be sent.
  return server.on('tlsClientError', (_error, socket) => socket.destroy());
}

function toContextOptions(options: TlsOptions, pair: CertificatePair | undefined) {
  const { minVersion, maxVersion, ciphers, ecdhCurve, clientCAs, sessionTickets } = options;
  return {
    ...(pair !== undefined && { cert: pair.cert, key: pair.key }),
    minVersion,
    ...(maxVersion !== undefined && { maxVersion }),
    ...(ciphers !== undefined && { ciphers }),
    ...(ecdhCurve !== undefined && { ecdhCurve }),
    ...(clientCAs !== undefined && { ca: [...clientCAs] }),
    ...(!sessionTickets && { secureOptions: constants.SSL_OP_NO_TICKET }),
  };
}

/** Checks that Node.js does not perform. */
function isAdmitted(socket: TLSSocket, { clientAuthType }: TlsOptions): boolean {
  if (clientAuthType !== 'RequireAnyClientCert' && clientAuthType !== 'VerifyClientCertIfGiven') return true;
  const isGiven = socket.getPeerX509Certificate() !== undefined;
  return clientAuthType === 'RequireAnyClientCert' ? isGiven : !isGiven || socket.authorized;
}

function createOnce<T>(create: () => T): () => T {
  let value: T | undefined;
  return () => (value ??= create());
}
