import type { ClientAuth } from 'oauth4webapi';

/** `none`, and what names the client beside a TLS certificate (RFC 8705 section 2): its ID alone. */
export const clientIdOnly: ClientAuth = (_server, client, body) => {
  body.set('client_id', client.client_id);
};
