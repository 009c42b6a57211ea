const base64url = /^[A-Za-z0-9_-]+$/;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The parts of a JWT that are JSON, as text with every digit as in the token. */
export interface JwtTexts {
  readonly header: string;
  readonly payload: string;
  /** Whether it is an unsecured JWT (RFC 7519 section 6), which has an empty signature. */
  readonly isUnsigned: boolean;
}

/**
 * The JSON texts of a JWT in compact form; undefined when the token is opaque: not three parts, not base64url, not JSON objects, or
 * encrypted. The signature is not checked.
 *
 * @see RFC 7519 section 7.2, RFC 7515 section 7.1
 */
export function decodeJwtTexts(token: string): JwtTexts | undefined {
  const [header, payload, signature, ...more] = token.split('.', 4);
  if (header === undefined || payload === undefined || signature === undefined || more.length > 0)
    return undefined;
  if (signature !== '' && !base64url.test(signature)) return undefined;
  const headerText = toJsonObjectText(header);
  const payloadText = headerText === undefined ? undefined : toJsonObjectText(payload);
  if (headerText === undefined || payloadText === undefined) return undefined;
  return { header: headerText, payload: payloadText, isUnsigned: signature === '' };
}

/**
 * Whether every part of a token in compact form is base64url in its one canonical spelling: unused bits of the last character are zero
 * (RFC 4648 section 3.5). Otherwise one signature has several spellings.
 */
export const isCanonical = (token: string): boolean =>
  token.split('.').every((part) => Buffer.from(part, 'base64url').toString('base64url') === part);

/**
 * The payload of a JWT; undefined when the token is opaque. The signature is not checked: a token read from the token endpoint over
 * TLS comes from the issuer (RFC 9068 section 4 is for resource servers).
 */
export const decodeJwtPayload = (token: string): string | undefined => decodeJwtTexts(token)?.payload;

function toJsonObjectText(part: string): string | undefined {
  // Buffer skips characters outside base64url; a JWT must not contain them (RFC 7515 section 2).
  if (!base64url.test(part) || part.length % 4 === 1) return undefined;
  try {
    const text = strictUtf8.decode(Buffer.from(part, 'base64url'));
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? text : undefined;
  } catch {
    return undefined;
  }
}
