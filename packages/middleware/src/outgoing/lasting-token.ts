import type { OutgoingToken, TokenSource } from './token-source.ts';

/** Keeps a token of unknown lifetime until a resource refuses it; the source caches all others. */
export interface LastingToken {
  /** Undefined when the source has the token. */
  get(): OutgoingToken | undefined;
  /** Keeps a token of the source if it has no lifetime; returns it. */
  note(token: OutgoingToken): OutgoingToken;
  /** As `TokenSource.renew`. */
  renew(refused: OutgoingToken): Promise<OutgoingToken | undefined>;
}

export function keepLasting(source: TokenSource): LastingToken {
  let kept: OutgoingToken | undefined;
  const note = (token: OutgoingToken): OutgoingToken => {
    if (token.expiresAt === undefined) kept = token;
    return token;
  };
  return {
    get: () => kept,
    note,
    async renew(refused) {
      // Another call has renewed it meanwhile.
      if (kept !== undefined && kept.value !== refused.value) return kept;
      const renewed = await source.renew(refused);
      if (renewed === undefined) return undefined;
      if (kept?.value === refused.value) kept = undefined;
      return note(renewed);
    },
  };
}
