import type { z } from 'zod';
import { compileClaims } from '../claims/compile.ts';
import { compileForwardHeaders } from '../claims/headers.ts';
import { parseClaimPath } from '../claims/path.ts';
import type { claimsFields } from './claims-schema.ts';
import type { ClaimsOptions } from './options.ts';
import type { Report } from './report.ts';

/** The options that decide on claims; each may have a type that the schema refused. */
export interface ClaimsShape {
  readonly claims?: unknown;
  readonly forwardHeaders?: unknown;
  readonly usernameClaim?: unknown;
}

/** Problems of them that types do not express. */
export function checkClaims({ claims, forwardHeaders, usernameClaim }: ClaimsShape, report: Report): void {
  if (typeof claims === 'string' && claims !== '') {
    const compiled = compileClaims(claims);
    if (!compiled.ok) {
      for (const { message, offset, line, column } of compiled.diagnostics)
        report('error', ['claims'], 'invalid_expression', message, { offset, line, column });
    }
  }
  checkForwardHeaders(forwardHeaders, report);
  if (typeof usernameClaim === 'string' && usernameClaim !== '') {
    const path = parseClaimPath(usernameClaim);
    if (!path.ok) report('error', ['usernameClaim'], 'invalid_value', path.message);
  }
}

function checkForwardHeaders(headers: unknown, report: Report): void {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) return;
  const refuse = (header: string, message: string): void =>
    report('error', ['forwardHeaders', header], 'invalid_value', message);
  // The schema drops this name silently; the caller's own header would then pass.
  if (Object.hasOwn(headers, '__proto__')) refuse('__proto__', 'cannot be the name of a forwarded header');
  const texts = Object.entries(headers).filter(
    (entry): entry is [string, string] => entry[0] !== '__proto__' && typeof entry[1] === 'string',
  );
  const compiled = compileForwardHeaders(Object.fromEntries(texts));
  if (!compiled.ok) for (const { header, message } of compiled.problems) refuse(header, message);
}

/** The options, after `checkClaims` found no problem. */
export const toClaimsOptions = (shape: z.output<z.ZodObject<typeof claimsFields>>): ClaimsOptions => ({
  claims: shape.claims,
  forwardHeaders: Object.freeze({ ...shape.forwardHeaders }),
  forwardHeadersFormat: shape.forwardHeadersFormat,
  usernameClaim: shape.usernameClaim,
});
