/** Methods of client authentication at a token endpoint, with their requirements. */
const needs = {
  client_secret_basic: 'secret',
  client_secret_post: 'secret',
  client_secret_basic_raw: 'secret',
  client_secret_jwt: 'secret',
  private_key_jwt: 'key',
  tls_client_auth: 'certificate',
  self_signed_tls_client_auth: 'certificate',
  assertion_file: 'file',
  none: 'nothing',
} as const;

/**
 * A client authentication method under its registered name (RFC 7591 section 2, RFC 8705 section 2, OpenID Connect Core 1.0
 * section 9). Two names are specific to this project: `client_secret_basic_raw` does not form-encode the credentials, `assertion_file`
 * sends the JWT in a file.
 */
export type ClientAuthMethod = keyof typeof needs;
/** `auto`: `client_secret_basic` or `client_secret_post`, whichever the server accepts. */
export type ClientAuthentication = 'auto' | ClientAuthMethod;

export const clientAuthentications: readonly ['auto', ...ClientAuthMethod[]] = [
  'auto',
  ...(Object.keys(needs) as ClientAuthMethod[]),
];

/** Credentials of a method. Only a secret can come from a caller, together with the caller's ID. */
export const neededBy = (method: ClientAuthentication): (typeof needs)[ClientAuthMethod] =>
  method === 'auto' ? 'secret' : needs[method];
