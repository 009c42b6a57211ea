import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { json, startScriptedServer, type ScriptedServer } from '../../../testkit/src/scripted-server.ts';
import type { Decision } from '../decision/decision.ts';
import {
  createTestAuthenticator,
  createTestKey,
  requestWith,
  signToken,
  type TestKey,
} from './jwt.testkit.ts';
import type { KeysEvent } from './keys-event.ts';

const [k1, k2, k3] = ['k1', 'k2', 'k3'].map(createTestKey) as [TestKey, TestKey, TestKey];
const hour = 3_600_000;
let published: readonly TestKey[];
/** Undefined: the server works. */
let status: number | undefined;
let cacheControl: string;
let server: ScriptedServer;
let clock: ReturnType<typeof createFakeClock>;
let events: KeysEvent[];
const closing: (() => Promise<void>)[] = [];

beforeEach(async () => {
  published = [k1];
  status = undefined;
  cacheControl = '';
  clock = createFakeClock();
  events = [];
  server = await startScriptedServer((response) =>
    status === undefined
      ? json(response, 200, { keys: published.map(({ jwk }) => jwk) }, { 'cache-control': cacheControl })
      : json(response, status, { error: 'down' }),
  );
  closing.push(() => server.close());
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function open(options: object = {}) {
  const authenticator = createTestAuthenticator(
    { jwksUrl: server.url, issuers: ['https://as.example/'], clientConfig: { maxRetries: 0 }, ...options },
    clock,
    { onKeys: (event) => void events.push(event) },
  );
  closing.push(() => authenticator.close());
  return authenticator;
}
let serial = 0;
/** A different token each time. @param kid default: that of the key. */
const sign = (key: TestKey, kid: unknown = key.jwk['kid'], more: object = {}) =>
  signToken(key.privateKey, { header: { kid }, claims: { n: (serial += 1), ...more }, clock });
const codeOf = (decision: Decision): string => (decision.allowed ? 'passes' : decision.code);

describe('keys of a JWK Set at a URL', () => {
  it('are requested once for any number of tokens, and cached', async () => {
    const { decide } = open();
    const tokens = await Promise.all(Array.from({ length: 100 }, () => sign(k1)));
    const decisions = await Promise.all(tokens.map(async (token) => decide(requestWith(token))));
    expect(decisions.map(codeOf)).toEqual(tokens.map(() => 'passes'));
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]?.headers).toMatchObject({ 'user-agent': 'grantgate' });
  });

  it('verify a token without kid by an algorithm that fits', async () => {
    published = [k1, k2];
    expect(codeOf(await open().decide(requestWith(await sign(k2, undefined))))).toBe('passes');
    expect(server.requests).toHaveLength(1);
  });

  it('are requested again ahead of their expiry, while the old ones serve', async () => {
    cacheControl = 'max-age=3600';
    const { decide } = open();
    await decide(requestWith(await sign(k1)));
    await clock.advance(0.79 * hour);
    await decide(requestWith(await sign(k1)));
    expect(server.requests).toHaveLength(1);
    await clock.advance(0.02 * hour);
    expect(codeOf(await decide(requestWith(await sign(k1))))).toBe('passes');
    await server.received(2);
  });

  it('are requested once for unknown kids, and not again within 5 seconds', async () => {
    const { decide } = open();
    await decide(requestWith(await sign(k1)));
    await clock.advance(5_000);
    for (const kid of ['x', '../../etc/passwd', 'https://evil.example/keys', 'k1\u0000', 'x'.repeat(5_000)])
      expect(codeOf(await decide(requestWith(await sign(k1, kid))))).toBe('token_invalid');
    expect(server.requests).toHaveLength(2);
    await clock.advance(5_000);
    await decide(requestWith(await sign(k1, 'y')));
    expect(server.requests).toHaveLength(3);
  });

  it('that are withdrawn invalidate the tokens that they verified', async () => {
    const { decide } = open();
    const old = await sign(k1);
    expect(codeOf(await decide(requestWith(old)))).toBe('passes');
    published = [k2];
    await clock.advance(5_000);
    expect(codeOf(await decide(requestWith(await sign(k2))))).toBe('passes');
    expect(codeOf(await decide(requestWith(old)))).toBe('token_invalid');
  });

  it('that stay keep the tokens that they verified in the cache', async () => {
    const { decide } = open();
    const token = await sign(k1);
    const first = await decide(requestWith(token));
    published = [k1, k2];
    await clock.advance(5_000);
    await decide(requestWith(await sign(k2)));
    expect(decide(requestWith(token))).toBe(first);
  });

  it('of another issuer are never requested', async () => {
    const { origin } = new URL(server.url);
    const { decide } = open({ jwksUrl: '/jwks.json', issuers: [origin] });
    const evil = await sign(k1, 'k1', { iss: 'https://evil.example' });
    expect(codeOf(await decide(requestWith(evil)))).toBe('token_invalid');
    expect(server.requests).toHaveLength(0);
    expect(codeOf(await decide(requestWith(await sign(k1, 'k1', { iss: origin }))))).toBe('passes');
    expect(server.requests.map(({ url }) => url)).toEqual(['/jwks.json']);
  });
});

describe('an outage of the server', () => {
  it('keeps the last valid keys in use, and gives no verdict on unknown keys', async () => {
    const { decide } = open();
    await decide(requestWith(await sign(k1)));
    status = 500;
    await clock.advance(2 * hour);
    for (let count = 0; count < 5; count += 1) {
      expect(codeOf(await decide(requestWith(await sign(k1))))).toBe('passes');
      expect(await decide(requestWith(await sign(k2)))).toMatchObject({
        code: 'authorization_server_unavailable',
        status: 503,
      });
      expect(codeOf(await decide(requestWith(await sign(k3, 'k1'))))).toBe('token_invalid');
    }
    expect(events.map(({ kind }) => kind)).toEqual(['obtained', 'failed']);
    status = undefined;
    published = [k1, k2];
    await clock.advance(31_000);
    expect(codeOf(await decide(requestWith(await sign(k2))))).toBe('passes');
    expect(events.at(-1)).toMatchObject({ kind: 'obtained', keys: 2 });
  });

  it('from the start causes 503, without a request for each token', async () => {
    status = 503;
    const { decide } = open();
    for (let count = 0; count < 20; count += 1)
      expect(codeOf(await decide(requestWith(await sign(k1))))).toBe('authorization_server_unavailable');
    expect(server.requests).toHaveLength(1);
    expect(events).toMatchObject([{ kind: 'failed', isFirst: true, keys: 0 }]);
  });

  it.each([
    ['is no JWK Set', { nothing: true }],
    ['has only keys for encryption', { keys: [{ ...k1.jwk, use: 'enc' }] }],
    ['has only symmetric keys', { keys: [{ kty: 'oct', k: 'AAAA', kid: 'k1' }] }],
    ['has only private keys', { keys: [k1.privateKey.export({ format: 'jwk' })] }],
  ])('includes a response that %s', async (_name, document) => {
    const other = await startScriptedServer((response) => json(response, 200, document));
    closing.push(() => other.close());
    const decision = await open({ jwksUrl: other.url }).decide(requestWith(await sign(k1)));
    expect(codeOf(decision)).toBe('authorization_server_unavailable');
  });
});

describe('rotation and outages under load', () => {
  it('never cause a wrong verdict', async () => {
    const { decide } = open();
    const phases: readonly (readonly [keys: readonly TestKey[], down: number | undefined, good: TestKey])[] =
      [
        [[k1], undefined, k1],
        [[k1, k2], undefined, k2],
        [[k2], 503, k2],
        [[k2, k3], undefined, k3],
        [[k3], 500, k3],
        [[k3], undefined, k3],
      ];
    for (const [keys, down, good] of phases) {
      published = keys;
      status = down;
      await clock.advance(31_000);
      const genuine = await Promise.all(Array.from({ length: 40 }, () => sign(good)));
      const forged = await Promise.all(
        Array.from({ length: 40 }, () => sign(createTestKey(), good.jwk['kid'])),
      );
      const decisions = await Promise.all(
        genuine
          .flatMap((token, at) => [token, forged[at] ?? ''])
          .map(async (token) => decide(requestWith(token))),
      );
      expect(new Set(decisions.filter((_, at) => at % 2 === 0).map(codeOf))).toEqual(new Set(['passes']));
      expect(new Set(decisions.filter((_, at) => at % 2 === 1).map(codeOf))).toEqual(
        new Set(['token_invalid']),
      );
    }
    expect(codeOf(await decide(requestWith(await sign(k1))))).toBe('token_invalid');
  });
});
