import { formEncode } from './client-auth/basic.ts';
import type { Credential } from './credential.ts';

/** Problem of a successful response without a usable token. */
export interface GrantProblem {
  /** In words without server text, for operators. */
  readonly problem: string;
  /** There is an access token, but its type is not accepted. */
  readonly hasToken?: true;
}

/**
 * An error response of a token endpoint (RFC 6749 section 5.2), or a successful response without a usable token, with its problem.
 * Safe to log: no control characters, no secret of the client.
 */
export interface ErrorResponse extends Partial<GrantProblem> {
  /** HTTP status code. */
  readonly status: number;
  /** The code, whether registered or not, up to 100 characters; undefined without one. */
  readonly error: string | undefined;
  /** `error_description`, up to 300 characters; undefined without one. */
  readonly errorDescription: string | undefined;
}

/** Credentials to withhold from every text: those of the client and, for a request about a caller's token, that token. */
export type Withheld = Credential | readonly Credential[] | undefined;

const maxErrorCharacters = 100;
const maxDescriptionCharacters = 300;

/** Reads an error response. @param body undefined when it is not a JSON object. @param withheld secrets that no text may repeat. */
export function readErrorResponse(
  status: number,
  body: Readonly<Record<string, unknown>> | undefined,
  withheld: Withheld,
  problem?: GrantProblem,
): ErrorResponse {
  const read = (name: string, maxCharacters: number): string | undefined => {
    const value = body?.[name];
    if (typeof value !== 'string') return undefined;
    // Compared before the text is changed or shortened, so that no part of a secret remains.
    if (toList(withheld).some((credential) => repeatsSecret(value, credential))) return withheldText;
    return toShownText(value, maxCharacters);
  };
  return Object.freeze({
    status,
    error: read('error', maxErrorCharacters),
    errorDescription: read('error_description', maxDescriptionCharacters),
    ...problem,
  });
}

const withheldText = '(withheld: the text repeats a secret)';

const toList = (withheld: Withheld): readonly Credential[] =>
  withheld === undefined ? [] : 'clientSecret' in withheld ? [withheld] : withheld;

/** Whether a text contains a client secret, in one of the forms that appear in a token request. */
function repeatsSecret(text: string, { clientId, clientSecret }: Credential): boolean {
  const secret = clientSecret.reveal();
  if (secret === '') return false;
  const forms = [secret, formEncode(secret), new URLSearchParams([['', secret]]).toString().slice(1)];
  const pairs = [`${clientId}:${secret}`, `${formEncode(clientId)}:${formEncode(secret)}`];
  return [...forms, ...pairs.map((pair) => Buffer.from(pair).toString('base64'))].some((form) =>
    text.includes(form),
  );
}

/** A compact JWS or JWE (RFC 7515, RFC 7516): a token or an assertion that the server quotes. */
const jwt = /\beyJ[\w-]+(?:\.[\w-]*)+/g;
/** Control characters, and characters that break lines or change the direction of text. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]+/gu;

/** Text of a server, safe to show: on one line, without control characters, shortened. Undefined when nothing is left. */
export function toShownText(text: string, maxCharacters: number): string | undefined {
  const shown = text.replace(jwt, '(token)').replace(unprintable, ' ').trim();
  if (shown === '') return undefined;
  // Shortened in code units first, so that a text of a megabyte is not split into characters.
  const characters = Array.from(shown.slice(0, 2 * maxCharacters + 2));
  const kept =
    characters.length <= maxCharacters ? characters : [...characters.slice(0, maxCharacters - 3), '...'];
  // A copy: a slice would keep the whole body in memory.
  return kept.join('');
}

/** `token_type` of a response, for operators: `token_type Bearer`. */
export function describeTokenType(type: string): string {
  const shown = toShownText(type, 50);
  return shown === undefined ? 'without token_type' : `token_type ${shown}`;
}
