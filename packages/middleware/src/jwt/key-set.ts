import { readJwk, type VerificationKey } from './verification-key.ts';

/** Keys of a JWK Set that are used; the rest is ignored. */
const maxKeys = 100;

/** The usable keys of a JWK Set (RFC 7517 section 5), and why others are not used. */
export interface KeySet {
  readonly keys: readonly VerificationKey[];
  /** One line for each key that is ignored; free of key material. */
  readonly problems: readonly string[];
}

/** Reads a JWK Set; undefined when the text is not one. */
export function readKeySet(text: string): KeySet | undefined {
  const members = parseMembers(text);
  if (members === undefined) return undefined;
  const problems: string[] = [];
  const keys: VerificationKey[] = [];
  for (const [index, jwk] of members.slice(0, maxKeys).entries()) {
    const key = readJwk(jwk);
    if ('kind' in key) problems.push(`keys[${index}]: ${key.text}`);
    else keys.push(key);
  }
  if (members.length > maxKeys) problems.push(`keys beyond the first ${maxKeys} are ignored`);
  return Object.freeze({ keys: Object.freeze(keys), problems: Object.freeze(problems) });
}

function parseMembers(text: string): readonly unknown[] | undefined {
  try {
    const set: unknown = JSON.parse(text);
    const members = typeof set === 'object' && set !== null ? (set as { keys?: unknown }).keys : undefined;
    return Array.isArray(members) ? members : undefined;
  } catch {
    return undefined;
  }
}

/** Keys of the new set. A key that the old set had stays the same object; removed keys lose their trust. */
export function replaceKeys(
  before: readonly VerificationKey[],
  after: readonly VerificationKey[],
): readonly VerificationKey[] {
  const unused = new Set(before);
  const next = after.map((key) => {
    const same = before.find((old) => isSame(old, key));
    if (same === undefined) return key;
    unused.delete(same);
    return same;
  });
  for (const { trust } of unused) trust.isCurrent = false;
  return Object.freeze(next);
}

const isSame = (a: VerificationKey, b: VerificationKey): boolean =>
  a.id === b.id && a.algorithms.join() === b.algorithms.join() && a.key.equals(b.key);
