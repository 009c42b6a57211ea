import { readHash } from './password-hash.ts';

/** A line of an htpasswd list. */
export interface HtpasswdLine {
  /** 1-based. */
  readonly line: number;
  /** Text before the colon; undefined for a line with only a hash. */
  readonly name: string | undefined;
  readonly hash: string;
  /** Why the line is invalid; undefined for a valid one. Its text never appears, because it contains a hash or a password. */
  readonly fault: LineFault | undefined;
  /** Why the hash is weak; undefined for a strong one. */
  readonly weakness: string | undefined;
}

export interface LineFault {
  /** Whether the fault is in the form of the line or in its hash. */
  readonly of: 'line' | 'hash';
  readonly message: string;
}

/** Reads lines `NAME:HASH` as written by htpasswd, or hashes alone; empty lines and comments are skipped. */
export function parseHtpasswd(text: string): readonly HtpasswdLine[] {
  return text.split('\n').flatMap((written, index): readonly HtpasswdLine[] => {
    const line = written.trim();
    if (line === '' || line.startsWith('#')) return [];
    const colon = line.indexOf(':');
    const name = colon < 0 ? undefined : line.slice(0, colon);
    const hash = line.slice(colon + 1);
    const isOdd = hash.includes(':') || /[\x00-\x1f\x7f]/.test(name ?? '');
    const { fault, weakness } = readHash(hash);
    return [
      {
        line: index + 1,
        name,
        hash,
        fault: isOdd
          ? { of: 'line', message: 'expected NAME:HASH, as htpasswd writes it' }
          : fault === undefined
            ? undefined
            : { of: 'hash', message: fault },
        weakness,
      },
    ];
  });
}
