import { fingerprint } from '@grantgate/middleware/base/fingerprint';
import {
  createJwtAuthenticator,
  type JwtAuthenticator,
} from '@grantgate/middleware/jwt/create-jwt-authenticator';
import { type JwtOptions, jwtSchema } from '@grantgate/middleware/jwt/schema';
import { parseJwt } from '@grantgate/middleware/jwt/parse';
import { createDiscoveries } from '@grantgate/middleware/token/discovery/discoveries';
import { createCredentialCache } from '@grantgate/middleware/verification/credential-cache';
import { asWritten, isMapping, valueAt } from '../../config/path.ts';
import type { MiddlewareConfig } from '../../config/dynamic.ts';
import { createSharing } from '../../reload/shared-resources.ts';
import type { SharedSources } from '../../secrets/resolve.ts';
import { callerProofs, createCallerStep } from '../caller-step.ts';
import { openKeysSource } from '../keys-source.ts';
import { defineKind, type Compile, type MiddlewareDeps, type OptionsResult } from '../kind.ts';
import { readParsedOptions } from '../read-parsed-options.ts';
import type { StepRequest } from '../step.ts';
import type { OptionRules } from '../../config/structural-schema.ts';
import { storeRules } from '../client-rules.ts';

const sources = ['signingSecret', 'publicKey', 'jwksFile', 'jwksUrl', 'issuer'];
/** An empty text is an omitted option. */
const given = sources.map((name) => `has(self.${name}) && self.${name} != ''`).join(', ');

/** Requirements of `jwt` beyond the types of its options, as far as an API server can check them. */
const optionRules: OptionRules = {
  '': {
    'x-kubernetes-validations': [
      { rule: `[${given}].filter(one, one).size() == 1`, message: `set one of ${sources.join(', ')}` },
    ],
  },
  'clientConfig.tls': {
    'x-kubernetes-validations': [
      { rule: 'has(self.cert) == has(self.key)', message: 'cert and key go together' },
    ],
  },
  ...storeRules,
};

/** Traefik Hub's `jwt` (RFC 7519, RFC 9068). */
export const jwt = defineKind<JwtOptions>({
  name: 'jwt',
  isPlugin: true,
  description: 'Accepts callers that send a JWT as a bearer token (RFC 6750, RFC 9068).',
  schema: () => jwtSchema,
  rules: optionRules,
  read,
  authenticatesCallers: () => true,
  createCompile,
});

function read(config: MiddlewareConfig, sources: SharedSources): OptionsResult<JwtOptions> {
  return readParsedOptions(toFileReference(config), sources, parseJwt);
}

/** Rewrites the path of `jwksFile` as a secret reference, so that the same reading, permission and watching applies. */
function toFileReference(config: MiddlewareConfig): MiddlewareConfig {
  const { options } = config;
  const [name = ''] = asWritten(options, ['jwksFile']);
  const file = valueAt(options, [name]);
  const isPath = typeof file === 'string' && file !== '' && !/^\s*\{|^urn:/i.test(file);
  return isPath && isMapping(options)
    ? { ...config, options: { ...options, [name]: `urn:file:${file}` } }
    : config;
}

/** A signed JWT (RFC 7515 section 7.1). With several authenticators, a token of another form belongs to another one. */
const jwsForm = /^[\w-]+\.[\w-]*\.[\w-]*$/;

/** Middlewares with the same options share keys, connections and verified tokens, across reloads. */
function createCompile(deps: MiddlewareDeps): Compile<JwtOptions> {
  const { clock, stores, tracing } = deps;
  const cache = createCredentialCache({ clock });
  const discoveries = createDiscoveries({
    ...{ clock, tracing },
    onEvent: (event) => deps.discoveries?.publish(event),
  });
  const sharing = createSharing<JwtAuthenticator<StepRequest>>((authenticator) => authenticator.close());
  return (options, name) => {
    const use = sharing.acquire(fingerprint(options), () => {
      const source = openKeysSource(deps);
      return source.closing(
        createJwtAuthenticator<StepRequest>(options, {
          clock,
          cache,
          stores,
          discoveries,
          proofs: callerProofs,
          onKeys: source.onKeys,
          tracing,
        }),
      );
    });
    const authentication = use.value;
    return createCallerStep(name, {
      source: authentication.source,
      authentication,
      forwards: options.forwardAuthorization,
      recognises: (token) => jwsForm.test(token),
      close: () => use.release(),
    });
  };
}
