import type { CallerProofs } from '../jwt/binding.ts';
import type { ApplicationRequest } from './middleware.ts';

/** Evidence about the caller in a request. @param own the application's public origin; default: the request's. */
export const createRequestProofs = (own?: string): CallerProofs<ApplicationRequest> => ({
  certificateThumbprint: (request) => request.certificateThumbprint(),
  proof: (request) => request.header('dpop'),
  method: ({ method }) => method,
  url: ({ origin, target }) => (own ?? origin) + target.replace(/[?#].*/s, ''),
});
