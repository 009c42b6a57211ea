import type { Claims } from './claims.ts';
import { readClaim } from './path.ts';

/** The client that a token was issued to: `client_id` (RFC 9068, RFC 7662), or what other servers write; else its subject. */
export function clientIdOf(claims: Claims): string {
  for (const name of ['client_id', 'azp', 'cid', 'appid', 'sub']) {
    const value = readClaim(claims, [name]);
    if (typeof value === 'string' && value !== '') return value;
  }
  return '';
}
