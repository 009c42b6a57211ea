import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createFairQueue } from './fair-queue.ts';
import { encodeCrypt64 } from './crypt64.ts';
import { md5Crypt } from './md5-crypt.ts';
import { createPasswordChecks, maxWaiting } from './password-checks.ts';
import { readHash } from './password-hash.ts';
import { shaCrypt } from './sha-crypt.ts';

const bcrypt = '$2a$04$.8sTYfcxbSplCtoxt5TdJOgpBYkarKtZYsYfYxQ1edbYRuO1DNi0e';
const costlyBcrypt = bcrypt.replace('$04$', '$09$');
const ssha256 = (password: string, salt: string): string =>
  `{SSHA256}${Buffer.concat([createHash('sha256').update(password).update(salt).digest(), Buffer.from(salt)]).toString('base64')}`;
const sha = (name: string, algorithm: string): string =>
  `{${name}}${createHash(algorithm).update('password').digest('base64')}`;

function open() {
  const checks = createPasswordChecks();
  onTestFinished(() => checks.close());
  return checks;
}

describe('md5Crypt', () => {
  it.each([
    ['$apr1$', 'H6uskkkW', 'test', 'IgXLP6ewTrSuBkTrqE8wj/'],
    // Of `openssl passwd -1` and `-apr1`.
    ['$1$', 'saltsalt', 'password', 'qjXMvbEw8oaL.CzflDtaK/'],
    ['$apr1$', 'abc', 'x'.repeat(40), '601i04qm3JYuhhSXD3/Iq1'],
  ])('hashes with %s%s %j', (magic, salt, password, hash) => {
    expect(
      md5Crypt(Buffer.from(password), Buffer.from(salt), magic, { createHash, encode: encodeCrypt64 }),
    ).toBe(hash);
  });
});

describe('shaCrypt', () => {
  it('hashes an empty password, and one that is longer than a digest', () => {
    const hash = (password: string) =>
      shaCrypt(
        Buffer.from(password),
        Buffer.from('abcdefghijklmnop'),
        { rounds: 5000, algorithm: 'sha256' },
        { createHash, encode: encodeCrypt64 },
      );
    expect(hash('x'.repeat(40))).toBe('IOi0IdEz7ir2sAPX05DrZ/Ng27xfPLpuR2qqoOaWu29');
    expect(hash('')).toMatch(/^[./A-Za-z0-9]{43}$/);
  });
});

describe('password checks', () => {
  it.each([
    ['bcrypt', bcrypt, 'test'],
    ['bcrypt of htpasswd', bcrypt.replace('$2a$', '$2y$'), 'test'],
    ['APR1', '$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/', 'test'],
    // Of `openssl passwd -5`, `-6`, and of glibc.
    ['SHA-256 crypt', '$5$saltsalt$gOjOtoMpVhru2uyjeJSEc/JaLQWOXMNmlOnj6T4AtC.', 'password'],
    [
      'SHA-512 crypt',
      '$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/',
      'password',
    ],
    [
      'SHA-256 crypt with rounds and a long salt',
      '$5$rounds=1400$anotherlongsaltstring$1t53nryPsEIzDdb6n5AFl89YcIUCBLR3299pEHquKRC',
      'key',
    ],
    // Of the reference implementation's tests.
    [
      'Argon2id',
      '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4',
      'password',
    ],
    ['SHA-256 with salt', ssha256('password', 'salt'), 'password'],
    ['SHA-1', sha('SHA', 'sha1'), 'password'],
    ['SHA-512', sha('SHA512', 'sha512'), 'password'],
  ])('find a password by its hash of %s, and no other password', async (_name, hash, password) => {
    const checks = open();
    expect(readHash(hash).fault).toBeUndefined();
    const hashes = [ssha256('other', 'x'), hash];
    expect(await checks.find(password, hashes, 'a')).toBe(1);
    expect(await checks.find(`${password}x`, hashes, 'a')).toBe(-1);
    expect(await checks.find('', hashes, 'a')).toBe(-1);
  });

  it.each([
    ['plain-text', 'expected a hash by'],
    ['$$2y$$05$$x', 'doubled $ signs'],
    ['$2y$31$.8sTYfcxbSplCtoxt5TdJOgpBYkarKtZYsYfYxQ1edbYRuO1DNi0e', 'cost of bcrypt from 4 to 14'],
    [
      '$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4',
      'm from 8 * p to 262144',
    ],
    ['$argon2id$v=16$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu', 'v=19'],
    ['$5$rounds=99999999$salt$gOjOtoMpVhru2uyjeJSEc/JaLQWOXMNmlOnj6T4AtC.', 'at most 500000 rounds'],
    ['{SSHA256}c2hvcnQ=', 'expected a hash by'],
    [sha('SSHA256', 'sha256'), 'expected a hash by'],
    [sha('SHA256', 'sha1'), 'expected a hash by'],
  ])('do not accept the hash %s', (hash, fault) => {
    expect(readHash(hash).fault).toContain(fault);
  });

  it('match no password that is longer than 1024 bytes with a hash that takes long', async () => {
    const checks = open();
    expect(
      await checks.find('x'.repeat(16_000), ['$5$s$gOjOtoMpVhru2uyjeJSEc/JaLQWOXMNmlOnj6T4AtC.'], 'a'),
    ).toBe(-1);
  });

  it('leave the event loop free, and are refused when they would wait too long', async () => {
    const checks = open();
    let turns = 0;
    let isOver = false;
    const turn = (): void => {
      turns += 1;
      if (!isOver) setImmediate(turn);
    };
    turn();
    const results = await Promise.all(
      Array.from({ length: maxWaiting + 5 }, async (_, at) =>
        checks.find(`wrong ${at}`, [at < 3 ? costlyBcrypt : bcrypt], 'a'),
      ),
    );
    isOver = true;
    // One of them does not wait, because it is being checked.
    expect(results.filter((result) => result === undefined)).toHaveLength(4);
    expect(results.filter((result) => result === -1)).toHaveLength(maxWaiting + 1);
    // On the event loop, there would be at most one turn after each of them.
    expect(turns).toBeGreaterThan(maxWaiting * 2);
    expect(await checks.find('test', [bcrypt], 'a')).toBe(0);
  });

  it('from one guessing source do not delay those from another', async () => {
    const checks = open();
    const ended: string[] = [];
    const guesses = Array.from({ length: maxWaiting * 2 }, async (_, at) => {
      await checks.find(`wrong ${at}`, [bcrypt, bcrypt, bcrypt], 'guesser');
      ended.push('guess');
    });
    expect(await checks.find('test', [bcrypt.replace('04', '05'), bcrypt], 'customer')).toBe(1);
    expect(ended.filter((one) => one === 'guess').length).toBeLessThan(maxWaiting + 3);
    await Promise.all(guesses);
  });
});

describe('a fair queue', () => {
  it('takes turns between sources, keeps the order of each, and drops from the longest when it is full', () => {
    const queue = createFairQueue<string>(4);
    expect(['a1', 'a2', 'a3', 'a4'].map((item) => queue.add('a', item))).toEqual(Array(4).fill(undefined));
    expect(queue.add('b', 'b1')).toBe('a4');
    expect(queue.add('a', 'a5')).toBe('a5');
    expect([queue.take(), queue.take(), queue.take()]).toEqual(['a1', 'b1', 'a2']);
    expect(queue.clear()).toEqual(['a3']);
    expect(queue.take()).toBeUndefined();
  });

  it('returns each item exactly once, for any sequence of operations', () => {
    const step = fc.oneof(fc.constantFrom('a', 'b', 'c'), fc.constant(undefined));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = createFairQueue<number>(5);
        const out: (number | undefined)[] = [];
        steps.forEach((source, at) => out.push(source === undefined ? queue.take() : queue.add(source, at)));
        out.push(...queue.clear());
        const given = out.filter((item) => item !== undefined).sort((a, b) => a - b);
        expect(given).toEqual(steps.flatMap((source, at) => (source === undefined ? [] : [at])));
      }),
    );
  });
});
