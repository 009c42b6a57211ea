import { decodeJwtPayload } from '@grantgate/middleware/base/jwt';
import type { ClientCredentialsOptions } from '@grantgate/middleware/options/schema';
import type { AccessToken } from '@grantgate/middleware/token/access-token';
import { toShownText } from '@grantgate/middleware/token/error-response';
import type { ConnectionResult } from './connection-result.ts';

/** The body of a token response. */
export type GrantBody = Readonly<Record<string, unknown>>;

const maxShownCharacters = 200;

/**
 * A warning when the token is not for the requested scope or audience; undefined when it is, or when neither the response nor the
 * token tells.
 */
export function judgeGrant(
  { scopes, audience, resource }: Pick<ClientCredentialsOptions, 'scopes' | 'audience' | 'resource'>,
  { value }: Pick<AccessToken, 'value'>,
  { scope }: GrantBody,
): ConnectionResult | undefined {
  const payload = decodeJwtPayload(value);
  const claims = payload === undefined ? {} : (JSON.parse(payload) as Readonly<Record<string, unknown>>);
  // RFC 6749 section 5.1: a response without a scope grants the requested one.
  const granted = toWords(scope) ?? toWords(claims['scope']) ?? toWords(claims['scp']);
  // Entra ID grants `.default` under the names of the application's roles.
  const refused = scopes.filter((name) => granted?.includes(name) === false && !name.endsWith('/.default'));
  if (refused.length > 0)
    return warning(
      'scope_not_granted',
      `grants a token without the scope ${show(refused)}; granted: ${show(granted ?? []) || 'none'}`,
    );
  const aud = claims['aud'];
  const audiences = typeof aud === 'string' ? [aud] : toWords(aud);
  const asked = [...(audience === undefined ? [] : [audience]), ...resource];
  const missing = asked.filter((name) => audiences?.includes(name) === false);
  if (missing.length > 0)
    return warning(
      'audience_not_granted',
      `grants a token for another audience than ${show(missing)}; its aud: ${show(audiences ?? []) || 'empty'}; some servers ignore audience and resource, and take the audience from a scope or from the client's settings`,
    );
  return undefined;
}

const warning = (code: 'scope_not_granted' | 'audience_not_granted', detail: string): ConnectionResult => ({
  fault: { severity: 'warning', code },
  detail,
});

const show = (names: readonly string[]): string => toShownText(names.join(' '), maxShownCharacters) ?? '';

/** A list of strings, or a string of words; undefined when it is neither. */
function toWords(value: unknown): string[] | undefined {
  if (typeof value === 'string') return value.split(/\s+/).filter((word) => word !== '');
  return Array.isArray(value) ? value.filter((word) => typeof word === 'string') : undefined;
}
