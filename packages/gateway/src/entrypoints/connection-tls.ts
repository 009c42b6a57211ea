import { X509Certificate } from 'node:crypto';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import type { ConnectionTls } from '../routing/connection-tls.ts';
import type { TlsOptions } from '../tls/options.ts';
import { toSubjectText } from '../tls/subject.ts';

/** @param options name of the options. @param clientCAs of the options. */
export function createConnectionTls(
  socket: TLSSocket,
  options: string,
  { clientAuthType, clientCAs }: Pick<TlsOptions, 'clientAuthType' | 'clientCAs'>,
): ConnectionTls {
  let certificates: readonly X509Certificate[] | undefined;
  let subject: string | undefined;
  const clientCertificates = (): readonly X509Certificate[] =>
    (certificates ??= clientAuthType === 'NoClientCert' ? [] : readChain(socket, clientCAs ?? []));
  return Object.freeze({
    options,
    version: socket.getProtocol()?.replace(/^TLSv/, '') ?? 'unknown',
    cipher: cipherOf(socket),
    clientCertificates,
    clientSubject: () => (subject ??= clientCertificates().slice(0, 1).map(toSubjectText)[0]),
  });
}

/** Empty once the connection is closed. */
function cipherOf(socket: TLSSocket): string {
  // A connection that was just closed has none, despite its type.
  const cipher = socket.getCipher() as ReturnType<TLSSocket['getCipher']> | undefined;
  return cipher?.standardName ?? '';
}

/** Node.js adds the certificates with which it verified the chain; servers receive only those that the caller sent. */
function readChain(socket: TLSSocket, clientCAs: readonly string[]): readonly X509Certificate[] {
  const trusted = new Set(clientCAs.flatMap(toFingerprints));
  const chain: X509Certificate[] = [];
  const seen = new Set<string>();
  // Without a certificate, Node.js returns an object without any of its fields.
  let next: Partial<DetailedPeerCertificate> | undefined = socket.getPeerCertificate(true);
  while (next?.raw !== undefined) {
    const certificate = new X509Certificate(next.raw);
    const { fingerprint256, subject, issuer } = certificate;
    if (seen.has(fingerprint256)) break;
    if (chain.length > 0 && (subject === issuer || trusted.has(fingerprint256))) break;
    seen.add(fingerprint256);
    chain.push(certificate);
    next = next.issuerCertificate;
  }
  return chain;
}

const toFingerprints = (pem: string): readonly string[] =>
  (pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []).map(
    (one) => new X509Certificate(one).fingerprint256,
  );
