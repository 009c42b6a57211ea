import type * as JoseModule from 'jose';
import type { VerificationKey } from './verification-key.ts';

type Jose = typeof JoseModule;

export interface SignedToken {
  /** In compact form (RFC 7515 section 7.1). */
  readonly token: string;
  readonly algorithm: string;
  /** Keys that match the algorithm. */
  readonly keys: readonly VerificationKey[];
}

/** The first of some keys that signed a token; undefined when none did. */
export async function findSigner(
  { compactVerify, errors }: Jose,
  { token, algorithm, keys }: SignedToken,
): Promise<VerificationKey | undefined> {
  for (const key of keys) {
    try {
      await compactVerify(token, key.key, { algorithms: [algorithm] });
      return key;
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error;
    }
  }
  return undefined;
}
