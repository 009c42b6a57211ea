import type { ClientAuth } from 'oauth4webapi';
import type { ClientAuthMethod } from '../../base/client-auth-method.ts';
import type { Clock } from '../../base/clock.ts';
import type { Secret } from '../../base/secret.ts';
import type { AssertionSettings } from './assertion.ts';
import { clientSecretBasic } from './basic.ts';

/** Authenticates a client in a token request. */
export type ClientAuthFactory = (method: ClientAuthMethod, clientSecret: Secret) => ClientAuth;

/** The code for assertions is loaded only if a method needs it. */
export function createClientAuthFactory(assertion: AssertionSettings, clock: Clock): ClientAuthFactory {
  const signing = once(async () =>
    (await import('./signed-assertion.ts')).createSignedAssertion(assertion, clock),
  );
  const reading = once(async () =>
    (await import('./assertion-file.ts')).createAssertionFile(assertion.file, assertion.within),
  );
  return (method, clientSecret) => {
    switch (method) {
      case 'client_secret_basic':
        return clientSecretBasic(clientSecret, 'encoded');
      case 'client_secret_basic_raw':
        return clientSecretBasic(clientSecret, 'raw');
      case 'client_secret_post':
        return clientSecretPost(clientSecret);
      case 'client_secret_jwt':
      case 'private_key_jwt':
        return async (...request) => (await signing())(clientSecret)(...request);
      case 'assertion_file':
        return async (...request) => (await reading())(...request);
      default:
        return clientIdOnly;
    }
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** `none`, and the client ID that accompanies a TLS certificate (RFC 8705 section 2). */
const clientIdOnly: ClientAuth = (_server, client, body) => {
  body.set('client_id', client.client_id);
};

/** Client authentication in the request's body: `client_secret_post` (RFC 6749 section 2.3.1). */
function clientSecretPost(clientSecret: Secret): ClientAuth {
  return (_server, client, body) => {
    body.set('client_id', client.client_id);
    body.set('client_secret', clientSecret.reveal());
  };
}
