import type { X509Certificate } from 'node:crypto';
import { parseAddress } from '../../routing/address.ts';
import type { CertificateInfo } from './schema.ts';

/** Facts of certificates in the format of Traefik, before it is percent-encoded. */
export function describeCertificates(
  certificates: readonly X509Certificate[],
  info: CertificateInfo,
): string {
  return certificates.map((certificate) => describe(certificate, info)).join(',');
}

function describe(certificate: X509Certificate, info: CertificateInfo): string {
  const { subject, issuer } = certificate.toLegacyObject() as {
    readonly subject: NameParts;
    readonly issuer: NameParts;
  };
  const seconds = (date: string): string => String(Math.floor(Date.parse(date) / 1000));
  const sans = info.sans ? readAlternativeNames(certificate.subjectAltName ?? '') : [];
  const fields: readonly (readonly [name: string, value: string])[] = [
    ['Subject', info.subject ? describeName(subject, info.subject) : ''],
    ['Issuer', info.issuer ? describeName(issuer, info.issuer) : ''],
    ['SerialNumber', info.serialNumber ? BigInt(`0x${certificate.serialNumber}`).toString() : ''],
    ['NB', info.notBefore ? seconds(certificate.validFrom) : ''],
    ['NA', info.notAfter ? seconds(certificate.validTo) : ''],
    ['SAN', sans.join(',')],
  ];
  return fields.flatMap(([name, value]) => (value === '' ? [] : [`${name}="${value}"`])).join(';');
}

/** Values by OpenSSL's short names; a list if a name has several. */
type NameParts = Readonly<Record<string, string | readonly string[] | undefined>>;

/** In the order in which Traefik writes them; `last`: Traefik uses only the last of several. */
const parts = [
  { option: 'domainComponent', from: 'DC', to: 'DC', last: false },
  { option: 'country', from: 'C', to: 'C', last: false },
  { option: 'province', from: 'ST', to: 'ST', last: false },
  { option: 'locality', from: 'L', to: 'L', last: false },
  { option: 'organization', from: 'O', to: 'O', last: false },
  { option: 'organizationalUnit', from: 'OU', to: 'OU', last: false },
  { option: 'serialNumber', from: 'serialNumber', to: 'SN', last: true },
  { option: 'commonName', from: 'CN', to: 'CN', last: true },
] as const;

function describeName(name: NameParts, options: Readonly<Partial<Record<string, boolean>>>): string {
  return parts
    .flatMap(({ option, from, to, last }) => {
      if (options[option] !== true) return [];
      const values = [name[from] ?? []].flat();
      return (last ? values.slice(-1) : values)
        .filter((value) => value !== '')
        .map((value) => `${to}=${value}`);
    })
    .join(',');
}

/** Kinds of alternative names, in the order in which Traefik writes them. */
const kinds = ['DNS', 'email', 'IP Address', 'URI'];

/** @param text in Node.js's format; a value with special characters is a JSON string. */
function readAlternativeNames(text: string): readonly string[] {
  const names = new Map<string, string[]>(kinds.map((kind) => [kind, []]));
  const entry = /(DNS|email|IP Address|URI|[A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/g;
  for (const [, kind = '', written = ''] of text.matchAll(entry)) {
    const value = written.startsWith('"') ? String(JSON.parse(written)) : written;
    names.get(kind)?.push(kind === 'IP Address' ? (parseAddress(value)?.toString() ?? value) : value);
  }
  return kinds.flatMap((kind) => names.get(kind) ?? []);
}
