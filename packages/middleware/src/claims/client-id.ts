import type { Claims } from './claims.ts';
import { readClaim } from './path.ts';

/** The client that received a token: `client_id` (RFC 9068, RFC 7662), or the claims of other servers; otherwise its subject. */
export function clientIdOf(claims: Claims): string {
  for (const name of ['client_id', 'azp', 'cid', 'appid', 'sub']) {
    const value = readClaim(claims, [name]);
    if (typeof value === 'string' && value !== '') return value;
  }
  return '';
}
