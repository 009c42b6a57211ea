/** Users of an htpasswd list: hashes by name. */
export type Users = ReadonlyMap<string, string>;

/** Something wrong with one line. Its text never appears: it holds a hash, or a password in its place. */
export interface LineFault {
  readonly severity: 'error' | 'warning';
  /** 1-based. */
  readonly line: number;
  readonly message: string;
}

const bcrypt = /^\$2[abxy]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
const md5 = /^\$(?:apr1|1)\$[^$:]*\$[./A-Za-z0-9]{22}$/;
const sha1 = /^\{SHA\}[A-Za-z0-9+/]{27}=$/;
/** A check of a higher cost would take seconds, and others wait for it. */
const maxCost = 14;

/** Reads lines `NAME:HASH` as htpasswd writes them; empty lines and comments are skipped, and of two with one name the last counts. */
export function parseUsers(text: string): {
  readonly users: Users;
  readonly faults: readonly LineFault[];
} {
  const users = new Map<string, string>();
  const faults: LineFault[] = [];
  text.split('\n').forEach((written, index) => {
    const line = written.trim();
    if (line === '' || line.startsWith('#')) return;
    const fail = (severity: LineFault['severity'], message: string): void =>
      void faults.push({ severity, line: index + 1, message });
    const [name = '', hash, ...more] = line.split(':');
    if (name === '' || hash === undefined || more.length > 0 || /[\x00-\x1f\x7f]/.test(name)) {
      fail('error', 'expected NAME:HASH, as htpasswd writes it');
      return;
    }
    const fault = findHashFault(hash);
    if (fault !== undefined) fail('warning', `${fault}: this user cannot log in`);
    else users.set(name, hash);
  });
  return { users, faults };
}

function findHashFault(hash: string): string | undefined {
  const cost = bcrypt.exec(hash)?.[1];
  if (cost !== undefined)
    return Number(cost) >= 4 && Number(cost) <= maxCost
      ? undefined
      : `expected a cost of bcrypt from 4 to ${maxCost}`;
  if (md5.test(hash) || sha1.test(hash)) return undefined;
  return hash.startsWith('$$')
    ? 'expected a hash without doubled $ signs, which only docker-compose needs'
    : 'expected a hash by bcrypt, APR1 MD5 or SHA1';
}
