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

/** The part of `X509Certificate` that names its holder. */
export interface CertificateSubject {
  /** Undefined for a certificate without a subject, despite Node.js's type. */
  readonly subject?: string | undefined;
}

/** The subject of a certificate as Traefik logs it: `CN=client,O=Example`. */
export function toSubjectText({ subject = '' }: CertificateSubject): string {
  const lines = subject.split('\n').filter((line) => line !== '');
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
