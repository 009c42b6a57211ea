import type { X509Certificate } from 'node:crypto';

/** Attributes in the order in which Go prints a name, with OpenSSL's names and Go's. */
const attributes: readonly (readonly [openSsl: string, go: string])[] = [
  ['serialNumber', 'SERIALNUMBER'],
  ['CN', 'CN'],
  ['postalCode', 'POSTALCODE'],
  ['street', 'STREET'],
  ['ST', 'ST'],
  ['L', 'L'],
  ['OU', 'OU'],
  ['O', 'O'],
  ['C', 'C'],
];

/** The subject of a certificate as Traefik logs it: `CN=client,O=Example`. */
export function toSubjectText({ subject }: X509Certificate): string {
  // Undefined for a certificate without a subject, despite its type.
  const lines = ((subject as string | undefined) ?? '').split('\n').filter((line) => line !== '');
  const valuesOf = (name: string): readonly string[] =>
    lines.filter((line) => line.startsWith(`${name}=`)).map((line) => line.slice(name.length + 1));
  return attributes
    .map(([openSsl, go]) =>
      valuesOf(openSsl)
        .map((value) => `${go}=${value}`)
        .join('+'),
    )
    .filter((part) => part !== '')
    .join(',');
}
