import { createCredentialSource } from '@grantgate/middleware/credentials/credential-source';
import { createCallerDecide } from '@grantgate/middleware/verification/create-caller-decide';
import { createCredentialCache } from '@grantgate/middleware/verification/credential-cache';
import { createSharedChecks } from '../../passwords/shared-checks.ts';
import { createCallerStep } from '../caller-step.ts';
import { defineKind, type Compile, type MiddlewareDeps } from '../kind.ts';
import { readParsedOptions } from '../read-parsed-options.ts';
import type { StepRequest } from '../step.ts';
import { createApiKeyRefusals, createVerify } from './create-verify.ts';
import { apiKeySchema, parseApiKeyOptions, type ApiKeyOptions } from './options.ts';

/** Traefik Hub's `apiKey`. */
export const apiKey = defineKind<ApiKeyOptions>({
  name: 'apiKey',
  isPlugin: true,
  description: 'Accepts callers that send a key with a known hash.',
  schema: () => apiKeySchema,
  authenticatesCallers: () => true,
  read: (config, sources) => readParsedOptions(config, sources, parseApiKeyOptions),
  createCompile,
});

function createCompile({ clock }: MiddlewareDeps): Compile<ApiKeyOptions> {
  const cache = createCredentialCache({ clock });
  const openChecks = createSharedChecks();
  return (options, name) => {
    const { checks, close } = openChecks();
    const { keySource, forwardAuthorization: forwards } = options;
    const source = createCredentialSource({ ...keySource, syntax: 'visible', noun: 'API key' });
    const refusals = createApiKeyRefusals(toApiKeyChallenge(options));
    const verify = createVerify(options, checks, refusals.refused);
    return createCallerStep(name, {
      source,
      authentication: createCallerDecide<StepRequest>({
        ...{ source, cache, clock, verify, refusals, forwards, claims: options },
      }),
      forwards,
      close,
    });
  };
}

/** `Bearer` for keys in that scheme; for any other place, a separate scheme names it (RFC 9110 section 11.6.1). */
function toApiKeyChallenge({ keySource }: ApiKeyOptions): string {
  const { header, schemes, query, cookie } = keySource;
  const [scheme] = schemes;
  if (scheme !== undefined) return `${scheme} realm="grantgate"`;
  const places = [
    header && `header="${header}"`,
    query && `query="${query}"`,
    cookie && `cookie="${cookie}"`,
  ];
  return ['ApiKey realm="grantgate"', ...places.filter((place) => place !== undefined)].join(', ');
}
