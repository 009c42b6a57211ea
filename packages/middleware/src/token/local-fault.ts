/** What keeps a token request from being sent, in our own words, without a path or a secret. */
export class LocalFault extends Error {}
