import type { KeyObject } from 'node:crypto';
import { createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';

/** A certificate and its private key, PEM. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority for one test; it writes nothing to disk. */
export interface TestAuthority {
  /** PEM of its own certificate. */
  readonly cert: string;
  /**
   * A certificate for a server with these host names and IPv4 addresses, or for a client if there are none; default: with a new
   * P-256 key.
   */
  issue(commonName: string, hosts?: readonly string[], privateKey?: KeyObject): TestCertificate;
}

/** Creates a certificate authority with Node.js only, because a machine may lack openssl. X.509 as in RFC 5280 section 4.1. @param days validity of its certificates. */
export function createTestAuthority(name = 'Test CA', days = 365): TestAuthority {
  const issuerKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const certify = (subject: string, publicKey: KeyObject, extensions: readonly Buffer[]): string => {
    const day = 24 * 3600 * 1000;
    const signature = sequence(oid('1.2.840.10045.4.3.2')); // ecdsa-with-SHA256
    const body = sequence(
      tlv(0xa0, integer(Buffer.from([2]))), // version 3
      integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
      signature,
      commonNameOf(name),
      sequence(utcTime(Date.now() - day), utcTime(Date.now() + days * day)),
      commonNameOf(subject),
      publicKey.export({ type: 'spki', format: 'der' }),
      tlv(0xa3, sequence(...extensions)),
    );
    return toPem(sequence(body, signature, bitString(sign('sha256', body, issuerKeys.privateKey))));
  };
  const cert = certify(name, issuerKeys.publicKey, [
    extension('2.5.29.19', true, sequence(Buffer.from([0x01, 0x01, 0xff]))), // basicConstraints: a CA
    extension('2.5.29.15', true, Buffer.from([0x03, 0x02, 0x01, 0x06])), // keyUsage: keyCertSign, cRLSign
  ]);
  return {
    cert,
    issue(
      commonName,
      hosts = [],
      key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
    ): TestCertificate {
      const names = hosts.map((host) =>
        isIP(host) === 4 ? tlv(0x87, Buffer.from(host.split('.').map(Number))) : tlv(0x82, Buffer.from(host)),
      );
      const extensions = names.length === 0 ? [] : [extension('2.5.29.17', false, sequence(...names))]; // subjectAltName
      return {
        cert: certify(commonName, createPublicKey(key), [
          extension('2.5.29.19', true, sequence()),
          ...extensions,
        ]),
        key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
      };
    },
  };
}

function tlv(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const size = content.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

const sequence = (...parts: readonly Buffer[]): Buffer => tlv(0x30, ...parts);
const integer = (bytes: Buffer): Buffer => tlv(0x02, bytes);
const bitString = (bytes: Buffer): Buffer => tlv(0x03, Buffer.from([0]), bytes);
const commonNameOf = (name: string): Buffer =>
  sequence(tlv(0x31, sequence(oid('2.5.4.3'), tlv(0x0c, Buffer.from(name)))));
const toPem = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${(der.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END CERTIFICATE-----\n`;

function utcTime(ms: number): Buffer {
  return tlv(0x17, Buffer.from(`${new Date(ms).toISOString().replace(/\D/g, '').slice(2, 14)}Z`));
}

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = rest.flatMap((part) => {
    const groups = [part & 0x7f];
    for (let left = part >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
    return groups;
  });
  return tlv(0x06, Buffer.from([first * 40 + second, ...bytes]));
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(critical ? [Buffer.from([0x01, 0x01, 0xff])] : []), tlv(0x04, value));
}
