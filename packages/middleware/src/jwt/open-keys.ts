import type { Clock } from '../base/clock.ts';
import type { Tracing } from '../base/tracing.ts';
import type { DiscoveryUse } from '../token/discovery/discovered-endpoint.ts';
import { deferDiscovery } from '../token/discovery/discovered-endpoint.ts';
import type { Discoveries } from '../token/discovery/discoveries.ts';
import type { DiscoveryOptions } from '../token/discovery/discovery.ts';
import type { DiscoveryEvent } from '../token/discovery/discovery-event.ts';
import { createDiscoveredKeys, createIssuersKeys, type OpenKeys } from './issuer-keys.ts';
import { readKeySet } from './key-set.ts';
import { createFixedKeys, createSingleKey, type KeySource } from './key-source.ts';
import type { KeysEvent } from './keys-event.ts';
import type { JwtOptions } from './schema.ts';
import { toSecretBytes } from './secret-bytes.ts';
import { createRemoteKeys } from './remote-keys.ts';
import { createSecretVerificationKey, readPublicKey } from './verification-key.ts';

export interface KeyParts {
  readonly clock: Clock;
  /** Default: none. Middlewares that share them request the metadata of an issuer together. */
  readonly discoveries?: Discoveries | undefined;
  readonly onDiscovery?: ((event: DiscoveryEvent) => void) | undefined;
  readonly onKeys?: ((event: KeysEvent) => void) | undefined;
  /** Traces requests to the server. Default: no traces. */
  readonly tracing?: Tracing | undefined;
}

/** Opens the source of keys that the options name. The options have been validated, so a fault here is a defect and throws. */
export function openKeys(
  { keys, issuers, clientConfig }: Pick<JwtOptions, 'keys' | 'issuers' | 'clientConfig'>,
  { clock, discoveries, onDiscovery, onKeys, tracing }: KeyParts,
): KeySource {
  const { tls, proxy, headers, timeoutSeconds, maxRetries } = clientConfig;
  const connection = { tls, proxy, headers, timeoutMs: timeoutSeconds * 1000, maxRetries };
  const open: OpenKeys = (url) =>
    createRemoteKeys({ url, ...connection }, { clock, onEvent: onKeys, tracing });
  switch (keys.kind) {
    case 'secret':
      return createSingleKey(createSecretVerificationKey(toSecretBytes(keys.secret.reveal(), keys.isBase64)));
    case 'publicKey': {
      const key = readPublicKey(keys.pem);
      if ('kind' in key) throw new TypeError('publicKey was not validated');
      return createSingleKey(key);
    }
    case 'keySet':
      return createFixedKeys(readKeySet(keys.json)?.keys ?? []);
    case 'url':
      return open(keys.url);
    case 'path':
      return createIssuersKeys(issuers, keys.path, open);
    case 'issuer': {
      const options: DiscoveryOptions = { issuer: keys.issuer, ...connection };
      const use: DiscoveryUse =
        discoveries?.acquire(options) ?? deferDiscovery(options, { clock, onEvent: onDiscovery, tracing });
      return createDiscoveredKeys(use, open);
    }
  }
}
