import { connect as connectTcp, isIP, type Socket } from 'node:net';
import {
  checkServerIdentity,
  connect as connectTls,
  createSecureContext,
  type PeerCertificate,
  type SecureVersion,
} from 'node:tls';

/** Destination of received bytes. */
export interface Reader {
  /** The buffer to read into from now on; undefined for the current one. */
  buffer(): Buffer | undefined;
  /** Returns false to stop reading until `resume`. */
  onBytes(length: number, buffer: Buffer): boolean;
}

/** Opens connections to one origin. */
export interface Dialer {
  /** @param reader undefined: bytes are read from the socket as from any stream. */
  dial(reader: Reader | undefined, onOpen: () => void): Socket;
}

/** TLS settings of connections to a server. */
export interface ServerTls {
  /** For SNI and the verification of the certificate; undefined: the host of the origin. */
  readonly serverName: string | undefined;
  /** Accepts every certificate. */
  readonly insecureSkipVerify: boolean;
  /** PEM certificates of authorities; undefined: those built into Node.js. */
  readonly rootCAs: readonly string[] | undefined;
  /** The client's own certificate, PEM. */
  readonly certificates: readonly { readonly cert: string | Buffer; readonly key: string | Buffer }[];
  /** A URI that must be among the alternative names of the server's certificate. */
  readonly peerCertURI: string | undefined;
  /** Default: that of Node.js. */
  readonly minVersion?: SecureVersion | undefined;
  /** Default: the newest. */
  readonly maxVersion?: SecureVersion | undefined;
  /** Cipher suites, in OpenSSL's words. Default: those of Node.js. */
  readonly ciphers?: string | undefined;
}

/** @param protocols offered by ALPN (RFC 7301) on connections with TLS. */
export function createDialer(
  origin: string,
  tls: ServerTls | undefined,
  protocols: readonly string[] = ['http/1.1'],
): Dialer {
  const { protocol, hostname, port } = new URL(origin);
  const host = hostname.replace(/^\[|\]$/g, '');
  const address = { host, port: Number(port) || (protocol === 'https:' ? 443 : 80) };
  /** The last TLS session, which the next connection resumes (RFC 8446 section 2.2). */
  let session: Buffer | undefined;
  const secured = tls && toTlsOptions(tls);
  const open = (onread: object, onOpen: () => void): Socket => {
    if (protocol !== 'https:') return connectTcp({ ...address, ...onread }, onOpen);
    const socket = connectTls(
      {
        ...address,
        ...onread,
        // The configured server, whatever the caller's Host, for SNI and for the verification of the certificate.
        ...(isIP(host) === 0 && { servername: host }),
        ...(session !== undefined && { session }),
        ALPNProtocols: [...protocols],
        ...secured,
      },
      onOpen,
    );
    return socket.on('session', (fresh: Buffer) => (session = fresh));
  };
  return {
    dial(reader, onOpen) {
      const onread =
        reader === undefined
          ? {}
          : {
              onread: {
                buffer: () => reader.buffer(),
                callback: (length: number, buffer: Buffer) => reader.onBytes(length, buffer),
              },
            };
      return open(onread, onOpen).setNoDelay(true).setKeepAlive(true, tcpKeepAliveMs);
    },
  };
}

function toTlsOptions(tls: ServerTls) {
  const { serverName, insecureSkipVerify, rootCAs, certificates, peerCertURI } = tls;
  const { minVersion, maxVersion, ciphers } = tls;
  const options = {
    secureContext: createSecureContext({
      ...(rootCAs !== undefined && { ca: [...rootCAs] }),
      ...(minVersion !== undefined && { minVersion }),
      ...(maxVersion !== undefined && { maxVersion }),
      ...(ciphers !== undefined && { ciphers }),
      ...(certificates.length > 0 && {
        cert: certificates.map(({ cert }) => cert),
        key: certificates.map(({ key }) => key),
      }),
    }),
    ...(serverName !== undefined && { servername: serverName }),
  };
  // As in Traefik, the URI replaces the name; the authority is always verified.
  if (peerCertURI === undefined) return { ...options, rejectUnauthorized: !insecureSkipVerify };
  return {
    ...options,
    checkServerIdentity: (host: string, certificate: PeerCertificate): Error | undefined =>
      (insecureSkipVerify ? undefined : checkServerIdentity(host, certificate)) ??
      (hasUri(certificate, peerCertURI)
        ? undefined
        : new Error('the certificate of the server does not have the expected URI')),
  };
}

const hasUri = ({ subjectaltname }: PeerCertificate, uri: string): boolean =>
  subjectaltname?.split(', ').includes(`URI:${uri}`) === true;

/** Milliseconds before the system probes whether an idle peer is still there. */
const tcpKeepAliveMs = 60_000;
