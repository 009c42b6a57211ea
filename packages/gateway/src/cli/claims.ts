import { decodeJwtPayload } from '@grantgate/middleware/base/jwt';
import type { Claims } from '@grantgate/middleware/claims/claims';
import { explainClaims } from '@grantgate/middleware/claims/explain';
import { parseClaims } from '@grantgate/middleware/claims/parse';
import { renderDiagnostic } from '@grantgate/middleware/predicate/diagnostic';
import { secretLimit } from '@grantgate/middleware/base/file-error';
import { formatCalls, formatResult } from './calls.ts';
import type { Io } from './io.ts';
import { readInput } from './read-input.ts';
import { createStyle } from './style.ts';
import { UsageError } from './usage-error.ts';

export interface ClaimsFlags {
  readonly claims?: string;
  readonly token?: string;
  readonly json?: boolean;
}

/** `grantgate claims`: 0 true, 1 false, 2 an error in the expression. */
export async function runClaims(expression: string, flags: ClaimsFlags, io: Io): Promise<number> {
  const explained = explainClaims(expression, await readClaimsSet(flags, io));
  if (!explained.ok) {
    const { diagnostics } = explained;
    if (flags.json === true) printJson(io, { errors: diagnostics });
    else
      for (const diagnostic of diagnostics) io.stderr.write(`${renderDiagnostic(diagnostic, expression)}\n`);
    return 2;
  }
  const { result, calls } = explained;
  if (flags.json === true) printJson(io, { result, calls });
  else {
    const style = createStyle(io.stdout);
    io.stdout.write(`${formatResult(result, style)}\n\n${formatCalls(calls, style)}`);
  }
  return result ? 0 : 1;
}

async function readClaimsSet({ claims: file, token }: ClaimsFlags, io: Io): Promise<Claims> {
  if ((file === undefined) === (token === undefined))
    throw new UsageError('expected either --claims FILE or --token JWT');
  if (file !== undefined) {
    const claims = parseClaims(await readInput(file, io, secretLimit));
    if (claims === undefined)
      throw new UsageError(
        `${file === '-' ? 'standard input' : file} does not contain a JSON object of claims`,
      );
    return claims;
  }
  const given = token === '-' ? await readInput('-', io, secretLimit) : (token ?? '');
  // As copied from an Authorization header.
  const compact = given.trim().replace(/^(?:Authorization:\s*)?Bearer\s+/i, '');
  const payload = decodeJwtPayload(compact);
  const claims = payload === undefined ? undefined : parseClaims(payload);
  // The token itself is not repeated.
  if (claims === undefined)
    throw new UsageError('the token is opaque (not a signed JWT), so its claims cannot be read');
  return claims;
}

const printJson = ({ stdout }: Io, value: unknown): void =>
  stdout.write(`${JSON.stringify(value, null, 2)}\n`);
