import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '@grantgate/middleware/base/clock';
import { createLru } from '@grantgate/middleware/base/lru';
import type { PasswordChecks } from '../../passwords/password-checks.ts';
import type { Users } from './users.ts';

/**
 * Whether a user may log in; undefined when that cannot be checked now.
 * @param source that takes turns with others when checks must wait.
 */
export type Authenticate = (
  name: string,
  password: string,
  source: string,
) => true | Promise<boolean | undefined>;

/** Milliseconds for which a correct password is not checked again. */
const rememberedMs = 5 * 60_000;
/** Maximum number of remembered passwords of one middleware. */
const maxRemembered = 1000;

/**
 * Checks names and passwords. A correct password is remembered by a keyed hash; wrong ones are checked each time. Simultaneous requests
 * with the same password share a check.
 */
export function createAuthenticate(
  users: Users,
  checks: Pick<PasswordChecks, 'find'>,
  clock: Clock,
): Authenticate {
  const key = randomBytes(32);
  const hmac = (...parts: readonly string[]): Buffer =>
    createHmac('sha256', key).update(JSON.stringify(parts)).digest();
  const remembered = createLru<string, number>(maxRemembered);
  const underWay = new Map<string, Promise<boolean | undefined>>();
  const hashes = [...users.values()];
  // An unknown name costs the same check as one particular user, so that the duration of a refusal does not reveal names.
  const decoyOf = (name: string): string | undefined =>
    hashes[hmac(name).readUInt32BE(0) % Math.max(1, hashes.length)];
  const check = async (
    id: string,
    { name, password, source }: { readonly name: string; readonly password: string; readonly source: string },
  ): Promise<boolean | undefined> => {
    const known = users.get(name);
    const hash = known ?? decoyOf(name);
    const found = await (hash === undefined ? -1 : checks.find(password, [hash], source));
    underWay.delete(id);
    if (found !== 0 || known === undefined) return found === undefined ? undefined : false;
    remembered.set(id, clock.monotonic() + rememberedMs);
    return true;
  };
  return (name, password, source) => {
    const id = hmac(name, password).toString('base64');
    const until = remembered.get(id);
    if (until !== undefined && clock.monotonic() < until) return true;
    let checking = underWay.get(id);
    if (checking === undefined) underWay.set(id, (checking = check(id, { name, password, source })));
    return checking;
  };
}
