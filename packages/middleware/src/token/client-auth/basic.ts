import type { ClientAuth } from 'oauth4webapi';
import type { Secret } from '../../base/secret.ts';

/**
 * Encodes a client ID or secret for `client_secret_basic` (RFC 6749 section 2.3.1 and appendix B). `A-Z a-z 0-9 - _ . ~`
 * stay as they are, so that a server that forgets to decode still understands a UUID; a space becomes `%20`, not `+`,
 * because servers that only percent-decode understand it as well.
 */
export function formEncode(text: string): string {
  // A lone surrogate has no UTF-8 and becomes U+FFFD here, as in URLSearchParams, instead of an exception.
  const wellFormed = Buffer.from(text, 'utf8').toString('utf8');
  return encodeURIComponent(wellFormed).replace(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/**
 * Client authentication in the `Authorization` header: `client_secret_basic`.
 * @param form `raw`: as in RFC 7617.
 */
export function clientSecretBasic(clientSecret: Secret, form: 'encoded' | 'raw'): ClientAuth {
  const encode = form === 'raw' ? (text: string) => text : formEncode;
  return (_server, client, _body, headers) => {
    const pair = `${encode(client.client_id)}:${encode(clientSecret.reveal())}`;
    headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`);
  };
}
