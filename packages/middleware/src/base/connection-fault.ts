/** Descriptions by the code of an error of Node.js or undici. */
const words: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'connection refused'],
  ['ECONNRESET', 'connection closed'],
  ['EPIPE', 'connection closed'],
  ['UND_ERR_SOCKET', 'connection closed'],
  ['ETIMEDOUT', 'time-out'],
  ['ENOTFOUND', 'host name not found'],
  ['EAI_AGAIN', 'host name not found'],
  ['EHOSTUNREACH', 'host unreachable'],
  ['ENETUNREACH', 'network unreachable'],
  ['ERR_TOO_MANY_INTERIM_RESPONSES', 'too many interim responses'],
]);

/** Meaning of the codes of a failed TLS handshake; the first match counts. */
const tlsWords: readonly (readonly [RegExp, string])[] = [
  [/^(?:ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)$/, "the server's certificate is for another name"],
  [/^CERT_(?:HAS_EXPIRED|NOT_YET_VALID)$/, "the server's certificate is not valid at this time"],
  [
    /^(?:SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_(?:GET|VERIFY)_|CERT_)/,
    "the server's certificate is not trusted",
  ],
  [
    /WRONG_VERSION_NUMBER|HTTP_REQUEST|PACKET_LENGTH_TOO_LONG|RECORD_LAYER_FAILURE|UNKNOWN_PROTOCOL|INVALID_RECORD_TYPE/,
    'the server does not support TLS',
  ],
  [/ALERT_CERTIFICATE_REQUIRED|ALERT_HANDSHAKE_FAILURE/, 'the server requires a client certificate'],
  [
    /ALERT_(?:UNKNOWN_CA|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_\w+)$/,
    'the server does not trust the client certificate',
  ],
  [/^(?:ERR_SSL_|ERR_TLS_|HOSTNAME_MISMATCH|UNABLE_TO_|EPROTO$)/, 'the handshake failed'],
];

/**
 * Describes why a connection cannot be made or is lost, by the code of its error; with TLS, followed by the code itself.
 *
 * @returns undefined for a code that is not about connections.
 */
export function describeConnectionFault(code: string): string | undefined {
  const known = words.get(code);
  if (known !== undefined) return known;
  const tls = tlsWords.find(([pattern]) => pattern.test(code));
  return tls === undefined ? undefined : `TLS: ${tls[1]} (${code})`;
}

/** The code of the first connection fault that a text names; undefined without one. */
export function findConnectionFault(text: string): string | undefined {
  return [...words.keys()].find((code) => text.includes(code));
}
