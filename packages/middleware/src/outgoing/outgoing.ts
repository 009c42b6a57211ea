// Exports of `@grantgate/middleware/outgoing`.
export { bearer } from './bearer.ts';
export { createFetch } from './create-fetch.ts';
export type { FetchOptions } from './create-fetch.ts';
export { createTokenSource } from './token-source.ts';
export type { OutgoingToken, TokenSource, TokenSourceInput } from './token-source.ts';
export type { RenewalEvent } from '../cache/renewal-event.ts';
export type { StoreEvent } from '../cache/store-event.ts';
export type { DiscoveryEvent } from '../token/discovery/discovery-event.ts';
export type { TokenErrorCode } from '../errors.ts';
export { OptionsError, TokenError } from '../errors.ts';
