import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeClock, skipWaitsBelow } from '../../../../testkit/src/fake-clock.ts';
import { Secret } from '../../base/secret.ts';
import { until } from '../../../../testkit/src/until.ts';
import { json, pour, startRawServer } from '../../../../testkit/src/scripted-server.ts';
import { plainOptions } from '../token-endpoint.testkit.ts';
import { createDiscoveries } from './discoveries.ts';
import type { DiscoveryEvent } from './discovery-event.ts';
import { createDiscovery, type DiscoveryOptions } from './discovery.ts';
import { startIssuer, type TestIssuer } from './issuer.testkit.ts';

const minute = 60_000;
let server: TestIssuer;
const closing: (() => Promise<void>)[] = [];
beforeEach(async () => {
  server = await startIssuer();
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await server.close();
});

/** A discovery whose waits between attempts take no time; jitter is always one half. */
function discover(options: Partial<DiscoveryOptions> = {}) {
  const clock = createFakeClock();
  const skipping = skipWaitsBelow(20_000, clock);
  const events: DiscoveryEvent[] = [];
  const discovery = createDiscovery(
    { ...plainOptions, issuer: server.issuer, timeoutMs: 30_000, ...options },
    { clock: skipping, random: () => 0.5, onEvent: (event) => void events.push(event) },
  );
  closing.push(() => discovery.close());
  return {
    clock,
    discovery,
    events,
    kinds: () => events.map(({ kind }) => kind),
    /** The token endpoint, or the reason of a failure. */
    get: async () => {
      const found = await discovery.get();
      return found.kind === 'failure' ? found.reason : found.tokenEndpoint;
    },
    fail: async () => {
      const found = await discovery.get();
      if (found.kind !== 'failure') throw new Error(`found ${found.tokenEndpoint}`);
      return found;
    },
  };
}
const answer =
  (status: number, body: string, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void =>
    void response.writeHead(status, headers).end(body);

describe('a discovery', () => {
  it('requests the metadata where RFC 8414 has them, with the configured headers', async () => {
    server.publish();
    const { get } = discover({ headers: { 'X-Key': new Secret('k') } });
    expect(await get()).toBe(`${server.origin}/token`);
    expect(server.requests).toHaveLength(1);
    const [{ method, url, headers } = {}] = server.requests;
    expect([method, url]).toEqual(['GET', '/.well-known/oauth-authorization-server/tenant']);
    expect(headers).toMatchObject({ accept: 'application/json', 'user-agent': 'grantgate', 'x-key': 'k' });
    expect(headers).not.toHaveProperty('content-type');
  });

  it.each(['/', '/a/b', '/a/'])('builds both URLs for an issuer with the path %s', async (path) => {
    const issuer = await startIssuer(path);
    closing.push(() => issuer.close());
    const { get } = discover({ issuer: issuer.issuer });
    expect(await get()).toBe('unavailable');
    const bare = path.replace(/\/$/, '');
    expect(issuer.paths()).toEqual([
      `/.well-known/oauth-authorization-server${bare}`,
      `${bare}/.well-known/openid-configuration`,
    ]);
  });

  it.each([
    ['404', answer(404, '')],
    ['401', answer(401, '{}')],
    ['500', answer(500, '')],
    ['204', answer(204, '')],
    ['a page', answer(200, '<html>')],
    ['a list', answer(200, '[]')],
    ['another issuer', answer(200, '{"issuer":"https://evil.example","token_endpoint":"https://evil.example/t"}')],
    ['no token endpoint', (response: ServerResponse) => json(response, 200, { issuer: server.issuer })],
    ['a redirect', (response: ServerResponse) => void response.writeHead(302, { location: server.openidPath }).end()],
    ['an unknown encoding', answer(200, 'x', { 'content-encoding': 'zap' })],
    ['a document without end', (response: ServerResponse) => pour(response.writeHead(200), ' '.repeat(65_536))],
  ])('uses the metadata of OpenID Connect when RFC 8414 has %s', async (_what, first) => {
    server.on(server.oauthPath, first);
    server.on(server.openidPath, (response) => json(response, 200, server.metadata()));
    const { get, kinds } = discover();
    expect(await get()).toBe(`${server.origin}/token`);
    expect(server.paths()).toEqual([server.oauthPath, server.openidPath]);
    expect(kinds()).toEqual(['discovered']);
  }); // prettier-ignore

  it('is made once for a hundred concurrent uses, and not again', async () => {
    server.publish();
    const { get, discovery } = discover();
    const found = await Promise.all(Array.from({ length: 100 }, get));
    expect(new Set(found)).toEqual(new Set([`${server.origin}/token`]));
    expect(discovery.get()).toMatchObject({ kind: 'metadata' });
    expect(server.requests).toHaveLength(1);
  });

  it('is shared by all uses with the same options', async () => {
    server.publish();
    const clock = createFakeClock();
    const discoveries = createDiscoveries({ clock });
    const options = { ...plainOptions, issuer: server.issuer };
    const uses = [options, options, { ...options, timeoutMs: 1 }].map((one) => discoveries.acquire(one));
    expect(uses[0]?.discovery()).toBe(uses[1]?.discovery());
    expect(uses[0]?.discovery()).not.toBe(uses[2]?.discovery());
    for (const { release } of uses) await release();
  });
});

describe('metadata', () => {
  it.each([
    [undefined, 60],
    ['max-age=1800', 30],
    ['public, Max-Age="7200"', 120],
    ['max-age=0', 5],
    ['max-age=60, no-store', 5],
    ['no-cache, max-age=9999', 5],
    ['s-maxage=60', 60],
    ['max-age=99999999999', 1440],
  ])('with Cache-Control %j are used for %d minutes', async (control, minutes) => {
    server.publish({}, control === undefined ? {} : { 'cache-control': control });
    const { clock, get } = discover();
    await get();
    await clock.advance(minutes * minute * 0.79);
    await get();
    expect(server.requests).toHaveLength(1);
    await clock.advance(minutes * minute * 0.02);
    await get();
    await server.received(2);
    expect(server.requests).toHaveLength(2);
  });

  it('are renewed in the background while they are used', async () => {
    server.publish();
    const { clock, discovery, events } = discover();
    await discovery.get();
    await clock.advance(50 * minute);
    server.publish({ token_endpoint: `${server.origin}/moved` });
    expect(discovery.get()).toMatchObject({ tokenEndpoint: `${server.origin}/token` });
    await until(() => events.length === 2);
    expect(discovery.get()).toMatchObject({ tokenEndpoint: `${server.origin}/moved` });
    expect(events[1]).toEqual({
      kind: 'discovered',
      issuer: server.issuer,
      tokenEndpoint: `${server.origin}/moved`,
      previousTokenEndpoint: `${server.origin}/token`,
    });
  });

  it('that have not been used for long are renewed before they are used again', async () => {
    server.publish();
    const { clock, get } = discover();
    await get();
    await clock.advance(600 * minute);
    server.publish({ token_endpoint: `${server.origin}/moved` });
    expect(await get()).toBe(`${server.origin}/moved`);
  });

  it.each([
    ['is down', answer(503, '')],
    ['names another issuer', answer(200, '{"issuer":"https://evil.example"}')],
  ])('are used while the server %s, and this is announced once', async (_what, fault) => {
    server.publish();
    const { clock, get, events, kinds } = discover();
    await get();
    server.on(server.oauthPath, fault);
    await clock.advance(600 * minute);
    for (let at = 0; at < 5; at += 1) {
      expect(await get()).toBe(`${server.origin}/token`);
      await clock.advance(2 * minute);
    }
    // One attempt each, at both locations.
    expect(server.requests).toHaveLength(1 + 5 * 2);
    const failures = events.filter((event) => event.kind === 'failed');
    expect(failures.map(({ isFirst }) => isFirst)).toEqual([true, false, false, false, false]);
    expect(failures[0]?.tokenEndpoint).toBe(`${server.origin}/token`);
    server.publish();
    expect(await get()).toBe(`${server.origin}/token`);
    expect(kinds().slice(-2)).toEqual(['discovered', 'recovered']);
    expect(events.at(-1)).toMatchObject({ failures: 5, lastedMs: 10 * minute });
  });

  it('are requested again when the token endpoint fails, unless they are fresh', async () => {
    server.publish();
    const { clock, discovery, get } = discover();
    discovery.doubt();
    await get();
    discovery.doubt();
    await clock.advance(4 * minute);
    discovery.doubt();
    expect(server.requests).toHaveLength(1);
    await clock.advance(minute);
    server.publish({ token_endpoint: `${server.origin}/moved` });
    discovery.doubt();
    expect(await until(async () => (await get()) === `${server.origin}/moved` && 'moved')).toBe('moved');
    expect(server.requests).toHaveLength(2);
  });
});

describe('fresh metadata whose token endpoint fails', () => {
  it('are requested until that succeeds, in the background', async () => {
    server.publish();
    const { clock, discovery, get, kinds } = discover();
    await get();
    await clock.advance(5 * minute);
    server.on(server.oauthPath, answer(503, ''));
    discovery.doubt();
    await until(() => kinds().includes('failed'));
    server.publish();
    await get();
    expect(kinds()).toEqual(['discovered', 'failed']);
    await clock.advance(1_000);
    expect(discovery.get()).toMatchObject({ kind: 'metadata' });
    await until(() => kinds().includes('recovered'));
    expect(kinds()).toEqual(['discovered', 'failed', 'discovered', 'recovered']);
  });
});

describe('a discovery that fails', () => {
  it('is tried as often as a token request, then no more until the cool-down ends', async () => {
    server.on(server.oauthPath, answer(503, ''));
    const { clock, get, fail } = discover({ maxRetries: 2 });
    const failures = await Promise.all(Array.from({ length: 100 }, fail));
    expect(server.requests).toHaveLength(6);
    expect(failures[0]).toMatchObject({
      reason: 'unavailable',
      detail: 'the issuer responded with 503 to the request for its metadata',
      retryAfterSeconds: 1,
      isLocal: true,
    });
    expect(await fail()).toMatchObject({ reason: 'unavailable', retryAfterSeconds: 1 });
    expect(server.requests).toHaveLength(6);
    const waits: number[] = [];
    for (let at = 0; at < 8; at += 1) {
      const { retryAfterSeconds = 0 } = await fail();
      waits.push(retryAfterSeconds);
      await clock.advance(retryAfterSeconds * 1000);
      await get();
    }
    // Three quarters of 1 s, doubled each time, up to 30 s; one attempt each.
    expect(waits).toEqual([1, 2, 3, 6, 12, 23, 23, 23]);
    expect(server.requests).toHaveLength(6 + 8 * 2);
    await clock.advance(30_000);
    server.publish();
    expect(await get()).toBe(`${server.origin}/token`);
  });

  it.each([
    ['10', 10],
    ['86400', 300],
    ['soon', 1],
  ])('waits for Retry-After: %s, up to five minutes', async (retryAfter, seconds) => {
    server.on(server.oauthPath, answer(429, '', { 'retry-after': retryAfter }));
    const { fail } = discover();
    expect(await fail()).toMatchObject({ reason: 'unavailable', retryAfterSeconds: seconds });
  });

  it.each([
    ['two pages', answer(200, '<html>'), answer(200, '<html>'), 'response_invalid', 'oauth-authorization-server: expected a JSON object; openid-configuration: expected a JSON object'],
    ['nothing', answer(404, ''), answer(404, ''), 'unavailable', 'oauth-authorization-server: responded with 404; openid-configuration: responded with 404'],
    ['another issuer', answer(404, ''), answer(200, '{"issuer":"https://a.example/\\u202e"}'), 'response_invalid', /^oauth-authorization-server: responded with 404; openid-configuration: issuer is "https:\/\/a\.example\/ ", expected "http:\/\/127/],
    ['a page, and is down', answer(200, '<html>'), answer(502, ''), 'unavailable', 'oauth-authorization-server: expected a JSON object; openid-configuration: responded with 502'],
    ['redirects', answer(301, '', { location: '/' }), answer(307, '', { location: '/' }), 'response_invalid', 'oauth-authorization-server: responded with 301, expected 200; openid-configuration: responded with 307, expected 200'],
    ['a text of ours', answer(200, '{"issuer":"the-key"}'), answer(404, ''), 'response_invalid', '(withheld: the text repeats a header)'],
  ])('reports the fault when the server has %s', async (_what, first, second, reason, problem) => {
    server.on(server.oauthPath, first);
    server.on(server.openidPath, second);
    const { fail, events } = discover({ headers: { 'X-Key': new Secret('the-key'), 'X-Version': new Secret('4') } });
    const failure = await fail();
    expect(failure).toMatchObject({ reason, isLocal: true });
    expect(failure.response?.problem).toMatch(problem);
    // Callers' responses quote nothing from the server.
    expect(failure.detail).toMatch(/^the (?:issuer responded with \d+ to the request for its metadata|metadata of the issuer is invalid)$/);
    expect(events).toMatchObject([{ kind: 'failed', reason, isFirst: true, tokenEndpoint: undefined }]);
    expect(JSON.stringify(events)).not.toContain('the-key');
    // Refused in the same way until the cool-down ends.
    expect(await fail()).toMatchObject({ reason });
    expect(server.requests).toHaveLength(2);
  }); // prettier-ignore

  it('times out for its waiting callers, once', async () => {
    const silent = await startRawServer(() => {});
    closing.push(() => silent.close());
    const { clock, fail } = discover({ issuer: new URL(silent.url).origin });
    const first = fail();
    await silent.received(1);
    await clock.advance(30_000);
    expect(await first).toMatchObject({
      reason: 'timeout',
      detail: 'the issuer did not respond within 30 s',
    });
    expect(await fail()).toMatchObject({ reason: 'unavailable', retryAfterSeconds: 1 });
  });

  it('does not try the second location when the connection fails', async () => {
    const rude = await startRawServer((socket) => socket.resetAndDestroy());
    closing.push(() => rude.close());
    const { fail } = discover({ issuer: new URL(rude.url).origin });
    expect(await fail()).toMatchObject({
      reason: 'unavailable',
      detail: 'cannot reach the issuer: connection closed',
    });
    await rude.received(1);
  });

  it('times out when the document arrives too slowly', async () => {
    server.on(server.oauthPath, (response) => void response.writeHead(200).write('{"issuer":'));
    const { clock, fail } = discover();
    const first = fail();
    await server.received(1);
    await clock.advance(30_000);
    expect(await first).toMatchObject({ reason: 'timeout' });
  });
});
