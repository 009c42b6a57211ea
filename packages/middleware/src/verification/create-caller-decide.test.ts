import { describe, expect, it } from 'vitest';
import { createDeferred } from '../../../testkit/src/deferred.ts';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { parseClaims } from '../claims/parse.ts';
import type { CredentialRequest } from '../credentials/credential-reading.ts';
import { createCredentialSource } from '../credentials/credential-source.ts';
import { createBearerDeny } from '../decision/bearer-deny.ts';
import type { ClaimsOptions } from '../options/claims.ts';
import { createBearerRefusals } from './bearer-refusals.ts';
import { createCallerDecide } from './create-caller-decide.ts';
import { createCredentialCache } from './credential-cache.ts';
import type { Verification } from './verification.ts';

const deny = createBearerDeny();
const request = (token?: string): CredentialRequest => ({
  authorization: token === undefined ? undefined : `Bearer ${token}`,
  target: '/',
  header: () => undefined,
});

/** A verifier of tokens `NAME` that counts its calls. */
function create(
  more: {
    readonly claims?: Partial<ClaimsOptions>;
    readonly forwards?: boolean;
    readonly maxEntries?: number;
    readonly verify?: (token: string) => Promise<Verification<CredentialRequest>>;
  } = {},
) {
  const clock = createFakeClock();
  const verified: string[] = [];
  const trust = { isCurrent: true };
  const identify = (token: string): Verification<CredentialRequest> => ({
    kind: 'identity',
    clientId: token,
    claims: parseClaims(`{"sub":"${token}","grp":"${token === 'ada' ? 'admin' : 'guest'}"}`),
    expiresAtMs: clock.monotonic() + 60_000,
    trust,
  });
  const { maxEntries, verify } = more;
  const authentication = createCallerDecide<CredentialRequest>({
    source: createCredentialSource({
      header: 'Authorization',
      schemes: ['Bearer'],
      query: undefined,
      cookie: undefined,
      syntax: 'b64token',
      noun: 'token',
    }),
    claims: {
      claims: undefined,
      forwardHeaders: {},
      forwardHeadersFormat: 'comma',
      usernameClaim: 'sub',
      ...more.claims,
    },
    verify(token) {
      verified.push(token);
      return verify === undefined ? identify(token) : verify(token);
    },
    refusals: createBearerRefusals(deny, undefined),
    forwards: more.forwards ?? false,
    cache: createCredentialCache({ clock, ...(maxEntries !== undefined && { maxEntries }) }),
    clock,
  });
  return { ...authentication, clock, verified, trust, identify };
}

describe('a request with a credential', () => {
  it('is let through with the headers of its claims, without the credential', () => {
    const { decide } = create({ claims: { forwardHeaders: { 'X-Group': 'grp' } } });
    expect(decide(request('ada'))).toMatchObject({
      allowed: true,
      subject: { clientId: 'ada', username: 'ada', expiresAt: Date.UTC(2026, 0, 1) + 60_000 },
      setHeaders: ['X-Group', 'admin'],
      removeHeaders: new Set(['authorization', 'x-group']),
    });
  });

  it('is let through with the credential where the server expects it', () => {
    expect(create({ forwards: true }).decide(request('ada'))).toMatchObject({
      setHeaders: ['authorization', 'Bearer ada'],
    });
  });

  it('is refused when the predicate is false, with a reason for operators', () => {
    const { decide } = create({ claims: { claims: 'Equals(`grp`, `admin`)' } });
    expect(decide(request('ada'))).toMatchObject({ allowed: true });
    expect(decide(request('bob'))).toMatchObject({
      code: 'claims_not_satisfied',
      status: 403,
      clientId: 'bob',
      reason: 'Equals(`grp`, `admin`) is false',
      challenge: expect.stringContaining('error="insufficient_scope"') as string,
    });
  });

  it('is refused with 401 without a credential, and with 400 with a malformed one', () => {
    const { decide, verified } = create();
    expect(decide(request())).toMatchObject({ code: 'token_missing', status: 401 });
    expect(decide(request('a b'))).toMatchObject({ code: 'token_malformed', status: 400 });
    expect(verified).toEqual([]);
  });
});

describe('a verification', () => {
  it('is done once for a credential until it expires, by either clock', async () => {
    const { decide, verified, clock } = create();
    const first = decide(request('ada'));
    expect(decide(request('ada'))).toBe(first);
    await clock.advance(59_999);
    expect(decide(request('ada'))).toBe(first);
    await clock.advance(1);
    expect(decide(request('ada'))).not.toBe(first);
    clock.jump(60_001);
    void decide(request('ada'));
    expect(verified).toEqual(['ada', 'ada', 'ada']);
  });

  it('is done again when its key is no longer trusted', () => {
    const { decide, verified, trust } = create();
    void decide(request('ada'));
    trust.isCurrent = false;
    void decide(request('ada'));
    expect(verified).toEqual(['ada', 'ada']);
  });

  it('is shared by concurrent requests, and decides on each', async () => {
    const gate = createDeferred<Verification<CredentialRequest>>();
    const { decide, verified, identify } = create({ verify: () => gate.promise });
    const decisions = Array.from({ length: 100 }, async () => decide(request('ada')));
    gate.resolve(identify('ada'));
    const settled = await Promise.all(decisions);
    expect(new Set(settled).size).toBe(1);
    expect(verified).toEqual(['ada']);
  });

  it('in flight during a purge serves only the requests that wait for it', async () => {
    const gate = createDeferred<Verification<CredentialRequest>>();
    const { decide, verified, purge, identify } = create({ verify: () => gate.promise });
    const waiting = decide(request('ada'));
    expect(purge()).toBe(0);
    gate.resolve(identify('ada'));
    expect(await waiting).toMatchObject({ allowed: true });
    await decide(request('ada'));
    expect(verified).toEqual(['ada', 'ada']);
  });

  it('is purged only for one client', () => {
    const { decide, verified, purge } = create();
    for (const token of ['ada', 'bob']) void decide(request(token));
    expect(purge('ada')).toBe(1);
    for (const token of ['ada', 'bob']) void decide(request(token));
    expect(verified).toEqual(['ada', 'bob', 'ada']);
    expect(purge()).toBe(2);
  });

  it('is kept for a bounded number of credentials', () => {
    const { decide, verified } = create({ maxEntries: 2 });
    for (const token of ['a', 'b', 'c', 'a']) void decide(request(token));
    expect(verified).toEqual(['a', 'b', 'c', 'a']);
  });

  it('that refuses is remembered until the time that it names', async () => {
    const refused = deny('token_invalid', 'no');
    const { decide, verified, clock } = create({
      verify: () => Promise.resolve({ kind: 'refusal', deny: refused, rememberMs: 1_000 }),
    });
    expect(await decide(request('x'))).toBe(refused);
    expect(decide(request('x'))).toBe(refused);
    await clock.advance(1_000);
    await decide(request('x'));
    expect(verified).toEqual(['x', 'x']);
  });

  it('is confirmed for each request', async () => {
    const refused = deny('token_invalid', 'no proof');
    const { decide, identify } = create({
      verify: (token) =>
        Promise.resolve({
          ...identify(token),
          confirm: ({ target }: CredentialRequest) => (target === '/' ? undefined : refused),
        } as Verification<CredentialRequest>),
    });
    expect(await decide(request('ada'))).toMatchObject({ allowed: true });
    expect(decide({ ...request('ada'), target: '/other' })).toBe(refused);
    expect(decide(request('ada'))).toMatchObject({ allowed: true });
  });
});

describe('a request whose head is that of an earlier one', () => {
  it('is decided on by its own credential, and again after a purge', () => {
    const { decide, verified, purge } = create();
    const [ada, bob] = [{}, {}];
    const first = decide({ ...request('ada'), sharedHead: ada });
    expect(decide({ ...request('ada'), sharedHead: ada })).toBe(first);
    expect(decide({ ...request('bob'), sharedHead: bob })).toMatchObject({ subject: { clientId: 'bob' } });
    expect(decide(request('ada'))).toBe(first);
    purge();
    expect(decide({ ...request('ada'), sharedHead: ada })).not.toBe(first);
    expect(verified).toEqual(['ada', 'bob', 'ada']);
  });
});

describe('a cache of credentials', () => {
  it('keeps no credential, neither as a key nor in a value', () => {
    const cache = createCredentialCache({ clock: createFakeClock() });
    const section = cache.open();
    expect(section.keyOf('secret-token')).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(section.keyOf('secret-token')).not.toBe(cache.open().keyOf('secret-token'));
  });

  it('decides on the same credential separately in each section', () => {
    const cache = createCredentialCache({ clock: createFakeClock() });
    const [one, two] = [cache.open<{ of: string }, object>(), cache.open<{ of: string }, object>()];
    one.set(one.keyOf('t'), { of: 'one' }, 1_000, undefined);
    two.set(two.keyOf('t'), { of: 'two' }, 1_000, undefined);
    expect(one.drop(() => true)).toBe(1);
    expect(one.get(one.keyOf('t'))).toBeUndefined();
    expect(two.get(two.keyOf('t'))).toEqual({ of: 'two' });
  });
});
