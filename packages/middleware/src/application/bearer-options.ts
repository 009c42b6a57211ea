import { z } from 'zod';
import type { OptionProblem } from '../options/report.ts';
import type { OptionsOf } from '../options/options-of.ts';
import { parseShape } from '../options/parse-shape.ts';
import type { RefusalOptions } from './refusal-options.ts';
import { checkScopes, requiredScopesSchema, type RouteRequirements } from './route-requirements.ts';

/** Options of a middleware of callers with tokens, besides those of its verifier. */
export interface BearerMiddlewareInput extends RefusalOptions, Pick<RouteRequirements, 'requiredScopes'> {
  /** `realm` of challenges (RFC 9110 section 11.5). Default: `grantgate`. */
  readonly realm?: string | undefined;
  /** URL of the protected resource metadata, for `resource_metadata` of challenges (RFC 9728 section 5.1). */
  readonly resourceMetadata?: string | undefined;
  /**
   * Origin under which callers reach the application, such as `https://api.example.com`; DPoP proofs name it. Default: the origin that the
   * framework reports, which behind a proxy requires its own setting, such as `trust proxy`.
   */
  readonly origin?: string | undefined;
}

const httpUrl = (isGood: (url: URL) => boolean, error: string) =>
  z
    .string()
    .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && isGood(new URL(text)), { error })
    .optional(); // prettier-ignore

const schema = z.strictObject({
  refusals: z.enum(['respond', 'error'], { error: 'expected respond or error' }).default('respond'),
  requiredScopes: requiredScopesSchema,
  realm: z.string().optional(),
  resourceMetadata: httpUrl((url) => url.hash === '', 'expected an absolute https URL'),
  origin: httpUrl(
    ({ pathname, search, hash, username }) => pathname === '/' && search + hash + username === '',
    'expected an origin, such as https://api.example.com',
  ).transform((origin) => (origin === undefined ? undefined : new URL(origin).origin)),
});

/** The same after parsing. Without `origin`, requests have the origin that the framework reports. */
export type BearerMiddlewareOptions = OptionsOf<z.output<typeof schema>>;

export interface ParsedBearerOptions<Rest> {
  /** Undefined when a problem is an error. */
  readonly bearer: BearerMiddlewareOptions | undefined;
  readonly problems: readonly OptionProblem[];
  /** The options of the verifier. */
  readonly rest: Rest;
}

/** Parses the options of the middleware, and returns the rest for the parser of the verifier. */
export function parseBearerOptions<Input extends BearerMiddlewareInput>(
  input: Input,
): ParsedBearerOptions<Omit<Input, keyof BearerMiddlewareInput>> {
  const { refusals, requiredScopes, realm, resourceMetadata, origin, ...rest } = input;
  const own = { refusals, requiredScopes, realm, resourceMetadata, origin };
  const given = Object.fromEntries(Object.entries(own).filter(([name]) => Object.hasOwn(input, name)));
  const { options: bearer, problems } = parseShape(given, schema, (partial, report) => {
    if (requiredScopes === undefined && Object.hasOwn(input, 'requiredScopes'))
      report('error', ['requiredScopes'], 'missing_option', 'is undefined: omit it, or set it');
    checkScopes(partial.requiredScopes, report);
  });
  return { bearer, problems, rest };
}
