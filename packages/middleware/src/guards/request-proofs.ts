import type { CallerProofs } from '../jwt/binding.ts';
import type { ApplicationRequest } from './guard.ts';

/** What a request of an application shows of its caller. @param own origin under which callers reach the application; default: as the request has it. */
export const createRequestProofs = (own?: string): CallerProofs<ApplicationRequest> => ({
  certificateThumbprint: (request) => request.certificateThumbprint(),
  proof: (request) => request.header('dpop'),
  method: ({ method }) => method,
  url: ({ origin, target }) => (own ?? origin) + target.replace(/[?#].*/s, ''),
});
