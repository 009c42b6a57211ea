import type { Deny } from '@grantgate/middleware/decision/decision';
import { createDeny } from '@grantgate/middleware/decision/refusals';
import type { CallerRefusals } from '@grantgate/middleware/verification/create-caller-decide';
import type { Verification, Verify } from '@grantgate/middleware/verification/verification';
import type { PasswordChecks } from '../../passwords/password-checks.ts';
import { callerSourceOf } from '../caller-source.ts';
import type { StepRequest } from '../step.ts';
import type { ApiKeyOptions } from './options.ts';

/** Milliseconds for which an unknown key is refused without another check. */
const refusedForMs = 10_000;

const busy = createDeny('credentials_busy', 'Too many API keys are being checked.');

/** Verifies keys with the hashes of the options. A key stays valid until the options change. */
export function createVerify(
  { keys, isBase64 }: Pick<ApiKeyOptions, 'keys' | 'isBase64'>,
  checks: Pick<PasswordChecks, 'find'>,
  refused: Deny,
): Verify<StepRequest> {
  const hashes = keys.map(({ hash }) => hash);
  const refusal: Verification<StepRequest> = { kind: 'refusal', deny: refused, rememberMs: refusedForMs };
  const toVerification = (found: number | undefined): Verification<StepRequest> => {
    if (found === undefined) return { kind: 'refusal', deny: busy };
    const key = keys[found];
    if (key === undefined) return refusal;
    return { kind: 'identity', clientId: key.id, claims: key.claims, expiresAtMs: Infinity };
  };
  return (credential, _scheme, request) => {
    const key = isBase64 ? decodeBase64(credential) : credential;
    if (key === undefined) return refusal;
    const found = checks.find(key, hashes, callerSourceOf(request));
    return found instanceof Promise ? found.then(toVerification) : toVerification(found);
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Decodes either alphabet, with or without padding (RFC 4648); undefined when the text is malformed. */
function decodeBase64(text: string): string | undefined {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return undefined;
  try {
    return utf8.decode(Buffer.from(text, 'base64'));
  } catch {
    return undefined;
  }
}

/** Refusals with a challenge for the place of the key. */
export function createApiKeyRefusals(challenge: string): CallerRefusals & { readonly refused: Deny } {
  return Object.freeze({
    missing: (detail) => createDeny('credentials_missing', detail, undefined, { challenge }),
    malformed: (detail) => createDeny('credentials_malformed', detail, undefined, { challenge }),
    refused: createDeny('credentials_refused', 'The API key is not valid.', undefined, { challenge }),
    unsatisfied: (clientId, reason) =>
      createDeny('claims_not_satisfied', "The key's claims do not satisfy this route.", undefined, {
        clientId,
        reason,
      }),
    unsendable: (clientId, header) =>
      createDeny(
        'middleware_unavailable',
        `The claim for header ${header} cannot be sent in a header.`,
        undefined,
        { clientId },
      ),
    // Every key has claims.
    opaque: (clientId) =>
      createDeny('claims_not_satisfied', 'The key has no claims.', undefined, { clientId }),
  } satisfies CallerRefusals & { readonly refused: Deny });
}
