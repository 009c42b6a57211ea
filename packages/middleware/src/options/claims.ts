import { z } from 'zod';
import { compileClaims } from '../claims/compile.ts';
import { compileForwardHeaders } from '../claims/headers.ts';
import { parseClaimPath } from '../claims/path.ts';
import type { OptionsOf, RawOptions } from './options-of.ts';
import type { Report } from './report.ts';

/** The options that decide on claims, the same for every kind of middleware that reads them. */
export const claimsFields = {
  claims: z.string().min(1).optional().describe("Predicate that the token's claims must satisfy."),
  forwardHeaders: z
    .record(z.string(), z.string())
    .default({})
    .describe('Request header name to claim path; a missing claim gives an empty header.'),
  forwardHeadersFormat: z
    .enum(['comma', 'json'], { error: 'expected comma or json' })
    .default('comma')
    .describe(
      'Format of a forwarded array: `comma` joins its elements with commas and writes an element with a comma as a JSON string; `json` writes the whole array as JSON.',
    ),
  usernameClaim: z
    .string()
    .min(1)
    .optional()
    .describe('Claim path that fills `ClientUsername` in the access log.'),
};

/** The same options after parsing. */
export type ClaimsOptions = OptionsOf<z.output<z.ZodObject<typeof claimsFields>>>;

/** Problems of the options about claims that types do not express. */
export function checkClaims(
  { claims, forwardHeaders, usernameClaim }: RawOptions<typeof claimsFields>,
  report: Report,
): void {
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
  // The schema silently drops this name; the caller's own header would then pass.
  if (Object.hasOwn(headers, '__proto__')) refuse('__proto__', 'cannot be the name of a forwarded header');
  const texts = Object.entries(headers).filter(
    (entry): entry is [string, string] => entry[0] !== '__proto__' && typeof entry[1] === 'string',
  );
  const compiled = compileForwardHeaders(Object.fromEntries(texts));
  if (!compiled.ok) for (const { header, message } of compiled.problems) refuse(header, message);
}
