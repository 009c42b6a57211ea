import type { ClientAuth } from 'oauth4webapi';
import type { Secret } from '../../base/secret.ts';

/** Client authentication in the request's body: `client_secret_post` (RFC 6749 section 2.3.1). */
export function clientSecretPost(clientSecret: Secret): ClientAuth {
  return (_server, client, body) => {
    body.set('client_id', client.client_id);
    body.set('client_secret', clientSecret.reveal());
  };
}
