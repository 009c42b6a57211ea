import type { ClientAuth } from 'oauth4webapi';
import type { Secret } from '../../base/secret.ts';
import { clientSecretBasic } from './basic.ts';
import { clientSecretPost } from './post.ts';

/** A way to send client ID and secret, under its registered name (RFC 7591 section 2). */
export type ClientAuthMethod = 'client_secret_basic' | 'client_secret_post';

export function createClientAuth(method: ClientAuthMethod, clientSecret: Secret): ClientAuth {
  return method === 'client_secret_basic' ? clientSecretBasic(clientSecret) : clientSecretPost(clientSecret);
}
