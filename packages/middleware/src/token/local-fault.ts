/** Reason why a token request cannot be sent, in our own words, without a path or a secret. */
export class LocalFault extends Error {}
