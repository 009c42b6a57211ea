import { Agent as HttpAgent } from 'node:http';
import type { AgentOptions, RequestOptions } from 'node:https';
import { Agent as HttpsAgent } from 'node:https';
import { createSecureContext } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import { read } from './access-error.ts';

/** TLS trust and identity of a client. */
export type TlsMaterial = Pick<
  AgentOptions,
  'ca' | 'cert' | 'key' | 'pfx' | 'passphrase' | 'rejectUnauthorized' | 'servername'
>;

/**
 * The agent for a server; the same one while its TLS material is unchanged, so that connections are reused.
 *
 * @throws AccessError
 */
export type FindAgent = (server: URL, material: TlsMaterial) => NonNullable<RequestOptions['agent']>;

export function createFindAgent(): FindAgent {
  const plain = new HttpAgent({ keepAlive: true });
  let last: { readonly material: TlsMaterial; readonly agent: HttpsAgent } | undefined;
  return (server, material) => {
    if (server.protocol === 'http:') return plain;
    if (last === undefined || !isDeepStrictEqual(last.material, material))
      last = { material, agent: createAgent(material) };
    return last.agent;
  };
}

/** The material is parsed once instead of per connection: there may be one connection per Secret. */
function createAgent({ rejectUnauthorized, servername, ...material }: TlsMaterial): HttpsAgent {
  const secureContext = read('the TLS certificates', () => createSecureContext(material));
  return new HttpsAgent({
    secureContext,
    keepAlive: true,
    ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
    ...(servername !== undefined && { servername }),
  });
}
