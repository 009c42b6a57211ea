import { Secret } from '../base/secret.ts';

/** Content of the caller's `Authorization` header. */
export type BasicCredentials =
  | { readonly kind: 'credential'; readonly clientId: string; readonly clientSecret: Secret }
  | { readonly kind: 'missing' | 'malformed'; readonly detail: string };

const missing = (detail: string): BasicCredentials => Object.freeze({ kind: 'missing', detail });
const malformed = (detail: string): BasicCredentials => Object.freeze({ kind: 'malformed', detail });

const absent = missing('Send the client ID and secret as HTTP Basic credentials.');
const otherScheme = missing('This route requires HTTP Basic credentials: client ID and secret.');
const notBase64 = malformed('The Basic credentials are not valid Base64.');
const notUtf8 = malformed('The Basic credentials are not valid UTF-8.');
const noColon = malformed('The Basic credentials have no colon between client ID and secret.');
const noId = malformed('The Basic credentials have an empty client ID.');
const controls = malformed('The Basic credentials contain control characters.');

/** Maximum length of an `Authorization` value, in characters; far above any client ID and secret. */
export const maxAuthorizationLength = 8192;
const tooLong = malformed('The Basic credentials are too long.');

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;
// RFC 7617 section 2 forbids exactly these characters.
const control = /[\u0000-\u001f\u007f]/;

/**
 * Reads Basic credentials raw, split at the first colon (RFC 7617 section 2). The scheme is case-insensitive; padding is
 * optional. Any other scheme counts as missing credentials, so that the caller learns which to send.
 */
export function readBasicCredentials(authorization: string | undefined): BasicCredentials {
  if (authorization === undefined || authorization === '') return absent;
  if (authorization.length > maxAuthorizationLength) return tooLong;
  const space = authorization.indexOf(' ');
  const scheme = space < 0 ? authorization : authorization.slice(0, space);
  if (scheme.toLowerCase() !== 'basic') return otherScheme;
  const encoded = space < 0 ? '' : authorization.slice(space).trim();
  if (encoded === '') return noColon;
  if (!base64.test(encoded)) return notBase64;
  let text: string;
  try {
    text = strictUtf8.decode(Buffer.from(encoded, 'base64'));
  } catch {
    return notUtf8;
  }
  if (control.test(text)) return controls;
  const colon = text.indexOf(':');
  if (colon < 0) return noColon;
  if (colon === 0) return noId;
  return {
    kind: 'credential',
    clientId: text.slice(0, colon),
    clientSecret: new Secret(text.slice(colon + 1)),
  };
}
