import { describe, expect, it, onTestFinished } from 'vitest';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import type { ServiceConfig } from '../config/dynamic.ts';
import { createServices } from './create-upstream.ts';
import { toFormerIds } from './sticky.ts';
import { toLoadBalancer, toMap, toWeighted } from './services.testkit.ts';
import type { BalancingFacts, Destination } from './upstream.ts';

const factsOf = (remoteAddress: string, cookie?: string): BalancingFacts => ({
  rawHeaders: cookie === undefined ? [] : ['Cookie', cookie],
  scheme: 'http',
  remoteAddress,
});
const plain = factsOf('127.0.0.1');
const urlOf = (number: number): string => `http://127.0.0.1:910${number}`;
const sticky = (cookieName: string, httpOnly: boolean) => ({
  ...{ cookieName, path: '/', domain: undefined, secure: false, httpOnly },
  ...{ sameSite: undefined, maxAgeSeconds: 0 },
});

function open(...configs: readonly ServiceConfig[]) {
  const clock = createFakeClock();
  const upstreams = createServices({ clock }).open(toMap(...configs));
  onTestFinished(() => upstreams.close());
  const pick = (name: string, facts = plain): Destination | undefined =>
    upstreams.byName.get(name)?.pick(facts);
  return { clock, pick, portOf: (name: string, facts = plain) => pick(name, facts)?.server.url.slice(-1) };
}

const a = toLoadBalancer('a', [urlOf(1)], { sticky: sticky('_171db', false) });
const b = toLoadBalancer('b', [urlOf(2)]);
const c = toLoadBalancer('c', [urlOf(3)]);

// Cookies and choices of Traefik 3.7.13 for the same services.
describe('a weighted service with a cookie', () => {
  const weighted = {
    ...toWeighted('w', {}, { sticky: sticky('_c239a', true) }),
    services: [
      { name: 'a', weight: 2, writtenName: 'a' },
      { name: 'b', weight: 1, writtenName: 'b@file' },
    ],
  };

  it('binds a caller to a service, beside the cookie of that service', () => {
    const { pick } = open(a, b, weighted);
    const picked = [pick('w'), pick('w'), pick('w')];
    expect(picked.map((destination) => destination?.setCookies)).toEqual([
      ['_c239a=ca978112ca1bbdca; Path=/; HttpOnly', '_171db=c268f781ab94296e; Path=/'],
      ['_c239a=f668813aab151233; Path=/; HttpOnly'],
      ['_c239a=ca978112ca1bbdca; Path=/; HttpOnly', '_171db=c268f781ab94296e; Path=/'],
    ]);
    expect(picked[0]).toBe(picked[2]);
    const bound = factsOf('127.0.0.1', '_c239a=f668813aab151233');
    for (let count = 0; count < 4; count += 1)
      expect(pick('w', bound)).toMatchObject({ serviceName: 'b', setCookies: [] });
  });

  it('accepts cookies of earlier versions of Traefik, and replaces them', () => {
    const { pick } = open(a, b, weighted);
    for (const former of toFormerIds('b@file'))
      expect(pick('w', factsOf('127.0.0.1', `_c239a=${former}`))).toMatchObject({
        serviceName: 'b',
        setCookies: ['_c239a=f668813aab151233; Path=/; HttpOnly'],
      });
  });

  it('chooses another service when the one of the cookie has no server', () => {
    const { pick } = open(a, toLoadBalancer('b', []), weighted);
    expect(pick('w', factsOf('127.0.0.1', '_c239a=f668813aab151233'))?.serviceName).toBe('a');
  });
});

describe('rendezvous hashing', () => {
  const addresses = [1, 2, 3, 4, 5, 6].map((number) => factsOf(`127.0.0.${number}`));

  it('chooses a service by the address of the peer, as Traefik does', () => {
    const hashed = {
      ...toWeighted('s', {}, { strategy: 'hrw' }),
      services: [
        { name: 'a', weight: 1, writtenName: 'a' },
        { name: 'b', weight: 1, writtenName: 'b' },
        { name: 'c', weight: 1, writtenName: 'c@file' },
      ],
    };
    const { portOf } = open(a, b, c, hashed);
    expect(addresses.map((facts) => portOf('s', facts)).join('')).toBe('113211');
  });

  it('chooses a server by address and weight, and moves only the callers of a removed server', () => {
    const servers = [
      { url: urlOf(1), weight: 1 },
      { url: urlOf(2), weight: 3 },
      { url: urlOf(3), weight: 1 },
    ];
    const { portOf } = open(
      toLoadBalancer('h', servers, { strategy: 'hrw' }),
      toLoadBalancer('even', [urlOf(1), urlOf(2), urlOf(3)], { strategy: 'hrw' }),
      toLoadBalancer('fewer', [urlOf(1), urlOf(3)], { strategy: 'hrw' }),
    );
    expect(addresses.map((facts) => portOf('h', facts)).join('')).toBe('222222');
    for (let number = 0; number < 200; number += 1) {
      const facts = factsOf(`192.0.2.${number}`);
      const [before, after] = [portOf('even', facts), portOf('fewer', facts)];
      expect([before, '2']).toContain(before === after ? before : '2');
    }
  });
});

describe('a failover service', () => {
  it('sends requests to the fallback while its service has no healthy server', () => {
    const down = toLoadBalancer('down', []);
    const { pick } = open(
      ...[a, b, down],
      { ...toWeighted('f', {}), kind: 'failover', service: 'a', fallback: 'b' },
      { ...toWeighted('g', {}), kind: 'failover', service: 'down', fallback: 'f' },
      { ...toWeighted('none', {}), kind: 'failover', service: 'down', fallback: 'down' },
    );
    expect([pick('f')?.serviceName, pick('g')?.serviceName, pick('none')]).toEqual(['a', 'a', undefined]);
  });
});

describe('a passive health check', () => {
  it('sends no requests to a failing server until its window ends', async () => {
    const { clock, pick, portOf } = open(
      toLoadBalancer('p', [urlOf(1), urlOf(2)], {
        passiveHealthCheck: { failureWindowMs: 2_000, maxFailedAttempts: 2 },
      }),
    );
    const respond = (statuses: Readonly<Record<string, number>>): void => {
      const picked = pick('p');
      picked?.sent?.()(statuses[picked.server.url.slice(-1)] ?? 200);
    };
    const rest = (): string => [portOf('p'), portOf('p'), portOf('p'), portOf('p')].sort().join('');
    // A success between two failures, and failures that are far apart, do not count.
    for (const status of [500, 500, 200, 200, 500, 500]) respond({ 1: status });
    expect(rest()).toBe('1122');
    await clock.advance(2_000);
    respond({ 1: 500 });
    respond({ 1: 500 });
    expect(rest()).toBe('1122');
    for (let count = 0; count < 2; count += 1) respond({ 1: 502 });
    expect(rest()).toBe('2222');
    await clock.advance(2_000);
    expect(rest()).toBe('1122');
  });

  it('leaves no server when all have failed', () => {
    const { pick } = open(
      toLoadBalancer('p', [urlOf(1)], {
        passiveHealthCheck: { failureWindowMs: 10_000, maxFailedAttempts: 1 },
      }),
    );
    pick('p')?.sent?.()(504);
    expect(pick('p')).toBeUndefined();
  });
});

describe('leasttime', () => {
  it('chooses the server that responds fastest, and servers that are equal in turn', async () => {
    const { clock, pick, portOf } = open(
      toLoadBalancer('l', [urlOf(1), urlOf(2)], { strategy: 'leasttime' }),
    );
    expect([portOf('l'), portOf('l')].sort()).toEqual(['1', '2']);
    for (const ms of [50, 20]) {
      const told = pick('l')?.sent?.();
      await clock.advance(ms);
      told?.(200);
    }
    const faster = portOf('l');
    expect([portOf('l'), portOf('l'), portOf('l')]).toEqual([faster, faster, faster]);
  });
});
