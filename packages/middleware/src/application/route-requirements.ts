import { z } from 'zod';
import { compileClaims } from '../claims/compile.ts';
import { parseClaims } from '../claims/parse.ts';
import { createDescribeUnsatisfied } from '../claims/unsatisfied.ts';
import type { BearerDeny } from '../decision/bearer-deny.ts';
import type { Deny } from '../decision/decision.ts';
import type { OptionProblem, Report } from '../options/report.ts';
import type { OptionsOf } from '../options/options-of.ts';
import { parseShape } from '../options/parse-shape.ts';
import { warnProcess } from '../process-warning.ts';
import type { Auth } from './auth.ts';

/** Requirements of a route, besides a valid token. */
export interface RouteRequirements {
  /** Scopes that the token must have, all of them: a list, or a text with spaces. */
  readonly requiredScopes?: string | readonly string[];
  /**
   * A `claims` expression, or a function that returns `true` for acceptable claims. It is called once per
   * token. A function that throws refuses the token.
   */
  readonly requireClaims?: string | ((claims: Readonly<Record<string, unknown>>) => boolean);
}

/** The caller of a request, with the claims as JSON. */
export interface RouteCaller {
  readonly auth: Auth;
  /** JSON object; undefined for a token without claims. */
  readonly claims: string | undefined;
}

/** Refuses a caller whose token does not meet the requirements of a route; undefined for others. */
export type CheckRequirements = (caller: RouteCaller) => Deny | undefined;

/** RFC 6749 section 3.3. */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

export const requiredScopesSchema = z
  .union([z.string(), z.array(z.string())], { error: 'expected a text or a list of texts' })
  .default([])
  .transform((scopes) => (typeof scopes === 'string' ? scopes.split(' ').filter((one) => one !== '') : scopes)); // prettier-ignore

const schema = z.strictObject({
  requiredScopes: requiredScopesSchema,
  requireClaims: z
    .custom<string | ((claims: Readonly<Record<string, unknown>>) => unknown)>(
      (value) => typeof value === 'function' || (typeof value === 'string' && value !== ''),
      { error: 'expected an expression or a function' },
    )
    .optional(),
});

export type RequirementsShape = OptionsOf<z.output<typeof schema>>;

/** The requirements of a route, and their problems. */
export function parseRequirements(input: RouteRequirements): {
  readonly requirements: RequirementsShape | undefined;
  readonly problems: readonly OptionProblem[];
} {
  const { options: requirements, problems } = parseShape(input, schema, ({ requiredScopes, requireClaims }, report) => {
    for (const [name, value] of Object.entries({ requiredScopes, requireClaims }))
      // An unset variable would otherwise open the route to every caller with a token.
      if (value === undefined && Object.hasOwn(input, name)) report('error', [name], 'missing_option', 'is undefined: omit it, or set it');
    checkScopes(requiredScopes, report);
    if (typeof requireClaims !== 'string' || requireClaims === '') return;
    const compiled = compileClaims(requireClaims);
    if (!compiled.ok)
      for (const { message, offset, line, column } of compiled.diagnostics)
        report('error', ['requireClaims'], 'invalid_expression', message, { offset, line, column });
  }); // prettier-ignore
  return { requirements, problems };
}

/** @param scopes of any type: the schema may have refused it. */
export function checkScopes(scopes: unknown, report: Report): void {
  const isList = Array.isArray(scopes);
  if (!isList && typeof scopes !== 'string') return;
  const list: readonly unknown[] = isList ? scopes : scopes.split(' ');
  const refuse = (path: readonly PropertyKey[], message: string): void =>
    report('error', ['requiredScopes', ...path], 'invalid_value', message);
  if (list.every((one) => one === '')) refuse([], 'expected one scope or more');
  list.forEach((one, at) => {
    if (typeof one === 'string' && one !== '' && !scopeToken.test(one))
      refuse(isList ? [at] : [], 'expected visible ASCII without spaces, " and \\ (RFC 6749 section 3.3)');
  });
}

/** Compiles requirements, which have been validated; each is evaluated once per token. Undefined: every token passes. */
export function compileRequirements(
  { requiredScopes = [], requireClaims }: Partial<RequirementsShape>,
  deny: BearerDeny,
): CheckRequirements | undefined {
  const satisfies = requireClaims === undefined ? undefined : compileCondition(requireClaims);
  if (requiredScopes.length === 0 && satisfies === undefined) return undefined;
  const scopes = Object.freeze([...new Set(requiredScopes)]);
  const judge = (caller: RouteCaller): Deny | undefined => {
    const { clientId, scopes: granted } = caller.auth;
    const missing = scopes.filter((scope) => !granted.includes(scope));
    if (missing.length > 0)
      return deny('insufficient_scope', 'The token does not have every scope that this route needs.', {
        clientId,
        scopes,
        reason: `the token lacks the scope ${missing.join(' ')}`,
      });
    const reason = satisfies?.(caller);
    return reason === undefined
      ? undefined
      : deny('claims_not_satisfied', "The token's claims do not satisfy this route.", { clientId, reason });
  };
  const verdicts = new WeakMap<Auth, { readonly deny: Deny | undefined }>();
  return (caller) => {
    let verdict = verdicts.get(caller.auth);
    if (verdict === undefined) {
      verdict = { deny: judge(caller) };
      verdicts.set(caller.auth, verdict);
    }
    return verdict.deny;
  };
}

/** Says why a caller's claims do not satisfy a condition; undefined when they do. */
function compileCondition(
  condition: NonNullable<RequirementsShape['requireClaims']>,
): (caller: RouteCaller) => string | undefined {
  if (typeof condition === 'string') {
    const compiled = compileClaims(condition);
    if (!compiled.ok) throw new TypeError('requireClaims was not validated');
    const describe = createDescribeUnsatisfied(condition);
    return ({ claims: json }) => {
      const claims = json === undefined ? undefined : parseClaims(json);
      if (claims === undefined) return 'the token has no claims';
      return compiled.evaluate(claims) ? undefined : describe(claims);
    };
  }
  return ({ auth: { claims } }) => {
    if (claims === undefined) return 'the token has no claims';
    try {
      const result = condition(claims);
      // A promise is truthy, and may reject.
      if (result instanceof Promise) result.catch(() => {});
      return result === true ? undefined : 'requireClaims did not return true';
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      warnProcess(`requireClaims: ${message}`, 'requirement_failed');
      return 'requireClaims threw an error';
    }
  };
}
