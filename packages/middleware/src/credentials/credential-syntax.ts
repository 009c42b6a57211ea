/**
 * Characters of a credential. `b64token`: bearer tokens (RFC 6750 section 2.1). `visible`: every visible ASCII character, for
 * opaque tokens of servers that use more characters, and for API keys.
 */
export type CredentialSyntax = 'b64token' | 'visible';

/** Maximum length of a credential in characters; a longer one is malformed. */
export const maxCredentialLength: number = 16 * 1024;

const patterns: Readonly<Record<CredentialSyntax, RegExp>> = {
  b64token: /^[A-Za-z0-9\-._~+/]+=*$/,
  visible: /^[\x21-\x7e]+$/,
};

/** The fault of a credential, for callers; undefined for a well-formed one. */
export function findCredentialFault(value: string, syntax: CredentialSyntax): string | undefined {
  if (value === '') return 'is empty';
  if (value.length > maxCredentialLength) return `is longer than ${maxCredentialLength} characters`;
  return patterns[syntax].test(value) ? undefined : 'has characters that it must not have';
}
