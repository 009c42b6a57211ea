import { readBasicCredentials } from '@grantgate/middleware/decision/basic-credentials';
import { removeAuthorization } from './remove-headers.ts';
import type { StepCredentials } from './step.ts';

/** Credentials of kinds whose callers send a name and a secret with the scheme `Basic` (RFC 7617). */
export const basicCredentials: StepCredentials = Object.freeze({
  recognises: ({ authorization }) => readBasicCredentials(authorization).kind !== 'missing',
  remove: removeAuthorization,
} satisfies StepCredentials);
