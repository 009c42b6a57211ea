import { z } from 'zod';

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
