import { parseHtpasswd } from '../../passwords/htpasswd.ts';

/** Users of an htpasswd list: hashes by name. */
export type Users = ReadonlyMap<string, string>;

/** A problem of one line. Its text never appears, because it contains a hash or a password. */
export interface UserFault {
  readonly severity: 'error' | 'warning';
  /** 1-based. */
  readonly line: number;
  readonly message: string;
}

/** Reads lines `NAME:HASH` as written by htpasswd; if a name occurs twice, the last line counts. */
export function parseUsers(text: string): {
  readonly users: Users;
  readonly faults: readonly UserFault[];
} {
  const users = new Map<string, string>();
  const faults: UserFault[] = [];
  for (const { line, name, hash, fault } of parseHtpasswd(text)) {
    if (name === undefined || name === '' || fault?.of === 'line')
      faults.push({ severity: 'error', line, message: 'expected NAME:HASH, as htpasswd writes it' });
    else if (fault !== undefined)
      faults.push({ severity: 'warning', line, message: `${fault.message}: this user cannot log in` });
    else users.set(name, hash);
  }
  return { users, faults };
}
