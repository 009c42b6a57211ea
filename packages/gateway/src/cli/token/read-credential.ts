import { Secret } from '@grantgate/middleware/base/secret';
import type { ClientCredentialsOptions } from '@grantgate/middleware/options/schema';
import { secretLimit } from '@grantgate/middleware/base/file-error';
import type { Io } from '../io.ts';
import { readInput } from '../read-input.ts';
import { UsageError } from '../usage-error.ts';

export interface CredentialFlags {
  readonly clientId?: string;
  readonly clientSecretFile?: string;
}

/** Client ID and secret of a caller, for application level. */
export interface CallerCredential {
  readonly clientId: string;
  readonly clientSecret: Secret;
}

/**
 * Environment variable of the client secret when no file is given; an argument would be visible to every user of the machine.
 */
export const secretVariable = 'GRANTGATE_CLIENT_SECRET';

/**
 * Reads the credentials of a caller; undefined at gateway level, where callers have none.
 * @throws UsageError when they do not fit the level, or are incomplete.
 */
export async function readCredential(
  { clientID }: ClientCredentialsOptions,
  { clientId, clientSecretFile }: CredentialFlags,
  io: Io,
): Promise<CallerCredential | undefined> {
  if (clientID !== undefined) {
    if (clientId !== undefined || clientSecretFile !== undefined)
      throw new UsageError('the middleware has its own client ID and secret: pass none');
    return undefined;
  }
  if (clientId === undefined)
    throw new UsageError(
      `each caller brings its own client ID and secret: pass --client-id ID, and the secret in --client-secret-file FILE or ${secretVariable}`,
    );
  // RFC 7617 section 2: the secret follows the first colon.
  if (clientId === '' || clientId.includes(':'))
    throw new UsageError('--client-id: expected a non-empty client ID without a colon (RFC 7617 section 2)');
  const secret =
    clientSecretFile === undefined
      ? io.env[secretVariable]
      : // Editors and `echo` end a file with a line break that is not part of the secret.
        (await readInput(clientSecretFile, io, secretLimit)).replace(/\r?\n$/, '');
  if (secret === undefined)
    throw new UsageError(`missing client secret: pass it in --client-secret-file FILE or ${secretVariable}`);
  return { clientId, clientSecret: new Secret(secret) };
}
