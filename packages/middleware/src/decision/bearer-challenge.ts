/** Error codes of a `WWW-Authenticate: Bearer` challenge (RFC 6750 section 3.1, RFC 9449 section 7.1). */
export type ChallengeError =
  'invalid_request' | 'invalid_token' | 'insufficient_scope' | 'invalid_dpop_proof';

/** A challenge (RFC 6750 section 3, RFC 9110 section 11.6.1). */
export interface Challenge {
  /** `Bearer` or `DPoP`. */
  readonly scheme: string;
  readonly realm: string;
  /** Undefined for a request without credentials, which gets no error code (RFC 6750 section 3.1). */
  readonly error: ChallengeError | undefined;
  readonly errorDescription: string | undefined;
  /** Scopes that a request needs; empty: unspecified. */
  readonly scopes: readonly string[];
  /** Algorithms of proofs (RFC 9449 section 7.1); empty: unspecified. */
  readonly algorithms: readonly string[];
  /** URL of the protected resource metadata (RFC 9728 section 5.1). */
  readonly resourceMetadata: string | undefined;
}

/** Value of `WWW-Authenticate`. */
export function toChallenge(challenge: Challenge): string {
  const { scheme, realm, error, errorDescription, scopes, algorithms, resourceMetadata } = challenge;
  const parameters: readonly (readonly [name: string, value: string | undefined])[] = [
    ['realm', realm],
    ['error', error],
    ['error_description', errorDescription && toDescription(errorDescription)],
    ['scope', scopes.length === 0 ? undefined : scopes.join(' ')],
    ['algs', algorithms.length === 0 ? undefined : algorithms.join(' ')],
    ['resource_metadata', resourceMetadata],
  ];
  const written = parameters.flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${toQuotedString(value)}`],
  );
  return `${scheme} ${written.join(', ')}`;
}

/** Adds a parameter to each challenge of a `WWW-Authenticate` that lacks it. `Basic` is left out, because it has no such parameters. */
export function addChallengeParameter(challenges: string, name: string, value: string): string {
  const has = new RegExp(`[\\s,]${name}=`, 'i');
  return splitChallenges(challenges)
    .map((challenge) => {
      if (has.test(challenge) || /^basic(?:\s|$)/i.test(challenge)) return challenge;
      return `${challenge}${challenge.includes('=') ? ',' : ''} ${name}=${toQuotedString(value)}`;
    })
    .join(', ');
}

/** Parts between commas; commas in quoted strings do not count. */
const commaParts = /(?:"(?:[^"\\]|\\.)*"|[^",])+/g;
/** A scheme, alone or before its first parameter. A parameter alone belongs to the challenge before it (RFC 9110 section 11.6.1). */
const beginsChallenge = /^[\w!#$%&'*+.^`|~-]+(?:$|\s+[^\s=])/;

function splitChallenges(value: string): readonly string[] {
  const challenges: string[] = [];
  for (const [part] of value.matchAll(commaParts)) {
    const text = part.trim();
    if (challenges.length === 0 || beginsChallenge.test(text)) challenges.push(text);
    else challenges.push(`${challenges.pop() ?? ''}, ${text}`);
  }
  return challenges;
}

/** RFC 9110 section 5.6.4. Control characters are not allowed in a header; characters beyond ASCII are sent as UTF-8 in Node.js's form. */
function toQuotedString(text: string): string {
  const escaped = text.replace(/[\u0000-\u001f\u007f]/g, ' ').replace(/["\\]/g, '\\$&');
  return `"${Buffer.from(escaped, 'utf8').toString('latin1')}"`;
}

/** RFC 6750 section 3: visible ASCII and spaces, without `"` and `\`. */
const toDescription = (text: string): string =>
  text.replaceAll('"', "'").replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?');
