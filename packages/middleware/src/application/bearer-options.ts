import { z } from 'zod';
import type { OptionProblem } from '../options/report.ts';
import type { OptionsOf } from '../options/options-of.ts';
import { parseShape } from '../options/parse-shape.ts';
import type { BearerFields } from './input.ts';
import { refusalsSchema } from './refusals-schema.ts';
import { checkScopes, requiredScopesSchema, type RouteRequirements } from './route-requirements.ts';

/** Options of a middleware of callers with tokens, besides those of its verifier. */
export interface BearerMiddlewareInput extends BearerFields, Pick<RouteRequirements, 'requiredScopes'> {}

const httpUrl = (isGood: (url: URL) => boolean, error: string) =>
  z
    .string()
    .refine((text) => URL.canParse(text) && /^https?:/i.test(text) && isGood(new URL(text)), { error });

/** The options that applications set besides scopes; the source of their interface. */
export const bearerSchema = z.strictObject({
  refusals: refusalsSchema,
  realm: z.string().optional().describe('`realm` of challenges. Default: `grantgate`.'),
  resourceMetadata: httpUrl(({ hash }) => hash === '', 'expected an absolute https URL')
    .optional()
    .describe('URL of the protected resource metadata, for `resource_metadata` of challenges (RFC 9728).'),
  origin: httpUrl(
    ({ pathname, search, hash, username }) => pathname === '/' && search + hash + username === '',
    'expected an origin, such as https://api.example.com',
  )
    .transform((text) => new URL(text).origin)
    .optional()
    .describe(
      'Origin under which callers reach the application; DPoP proofs name it. Default: that of the framework, which behind a proxy needs a setting such as `trust proxy`.',
    ),
});

const schema = bearerSchema.extend({ requiredScopes: requiredScopesSchema });

/** The same after parsing. Without `origin`, requests have the origin that the framework reports. */
export type BearerMiddlewareOptions = OptionsOf<z.output<typeof schema>>;

export interface ParsedBearerOptions {
  /** Undefined when a problem is an error. */
  readonly bearer: BearerMiddlewareOptions | undefined;
  readonly problems: readonly OptionProblem[];
  /** The options of the verifier. */
  readonly rest: Readonly<Record<string, unknown>>;
}

/** Parses the options of the middleware, and returns the rest for the parser of the verifier. */
export function parseBearerOptions(input: BearerMiddlewareInput): ParsedBearerOptions {
  const isOwn = (name: string): boolean => Object.hasOwn(schema.shape, name);
  const pick = (test: (name: string) => boolean) =>
    Object.fromEntries(Object.entries(input).filter(([name]) => test(name)));
  const { options: bearer, problems } = parseShape(pick(isOwn), schema, (partial, report) => {
    if (input.requiredScopes === undefined && Object.hasOwn(input, 'requiredScopes'))
      report('error', ['requiredScopes'], 'missing_option', 'is undefined: omit it, or set it');
    checkScopes(partial.requiredScopes, report);
  });
  return { bearer, problems, rest: pick((name) => !isOwn(name)) };
}
