/** Reason why a token request cannot be sent, without a path or a secret. */
export class LocalFault extends Error {}
