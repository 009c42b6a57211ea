import type { ClientAuth } from 'oauth4webapi';

/** `none`, and the client ID that accompanies a TLS certificate (RFC 8705 section 2). */
export const clientIdOnly: ClientAuth = (_server, client, body) => {
  body.set('client_id', client.client_id);
};
