import { Agent as HttpAgent } from 'node:http';
import type { AgentOptions, RequestOptions } from 'node:https';
import { Agent as HttpsAgent } from 'node:https';
import { isDeepStrictEqual } from 'node:util';

/** Whom a client trusts, and who it is. */
export type TlsMaterial = Pick<
  AgentOptions,
  'ca' | 'cert' | 'key' | 'pfx' | 'passphrase' | 'rejectUnauthorized' | 'servername'
>;

/** The agent for a server: the same one while its TLS material is the same, so that connections are used again. */
export type FindAgent = (server: URL, material: TlsMaterial) => NonNullable<RequestOptions['agent']>;

export function createFindAgent(): FindAgent {
  const plain = new HttpAgent({ keepAlive: true });
  let last: { readonly material: TlsMaterial; readonly agent: HttpsAgent } | undefined;
  return (server, material) => {
    if (server.protocol === 'http:') return plain;
    if (last === undefined || !isDeepStrictEqual(last.material, material))
      last = { material, agent: new HttpsAgent({ ...material, keepAlive: true }) };
    return last.agent;
  };
}
