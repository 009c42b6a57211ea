import { describe, expect, test } from 'vitest';
import type { RequestFacts } from '../facts.ts';
import { createContext } from '../facts.testkit.ts';
import { compileRule } from '../rule.ts';
import { createTable } from '../table.ts';

/** Whether a request is routed by a rule. */
function matches(rule: string, facts: Partial<RequestFacts>): boolean {
  const compiled = compileRule(rule);
  if (!compiled.ok) throw new Error(compiled.diagnostics.map(({ message }) => message).join());
  const table = createTable([{ name: 'r', rule: compiled.rule, priority: undefined, route: true }]);
  return table.match(createContext(facts)) === true;
}

type Cases = readonly (readonly [rule: string, expected: boolean, facts: Partial<RequestFacts>])[];
const check = (cases: Cases): void => {
  test.each(cases)('%s is %s for %o', (rule, expected, facts) => {
    expect(matches(rule, facts)).toBe(expected);
    expect(matches(`!${rule}`, facts)).toBe(!expected);
  });
};

describe('Host', () => {
  check([
    ['Host(`example.com`)', true, { host: 'example.com' }],
    ['Host(`EXAMPLE.com`)', true, { host: 'example.com' }],
    ['Host(`example.com.`)', true, { host: 'example.com' }],
    ['HOST(`example.com`)', true, { host: 'example.com' }],
    ['host("example.com")', true, { host: 'example.com' }],
    ['Host(`example.com`)', false, { host: 'example.org' }],
    ['Host(`example.com`)', false, { host: 'a.example.com' }],
    ['Host(`example.com`)', false, { host: 'example.com.evil.org' }],
    ['Host(`example.com`)', false, { host: '' }],
    ['Host(`xn--9t9h.com`)', true, { host: 'xn--9t9h.com' }],
    ['Host(`192.0.2.1`)', true, { host: '192.0.2.1' }],
    ['Host(`2001:db8::1`)', true, { host: '2001:db8::1' }],
    ['Host(`*.example.com`)', true, { host: 'a.example.com' }],
    ['Host(`*.EXAMPLE.com.`)', true, { host: 'a.example.com' }],
    ['Host(`*.example.com`)', false, { host: 'example.com' }],
    ['Host(`*.example.com`)', false, { host: 'b.a.example.com' }],
    ['Host(`*.example.com`)', false, { host: 'a.example.org' }],
    ['Host(`*.example.com`)', false, { host: '' }],
    ['Host(`**.example.com`)', true, { host: 'a.example.com' }],
    ['Host(`**.example.com`)', true, { host: 'b.a.example.com' }],
    ['Host(`**.example.com`)', false, { host: 'example.com' }],
    ['Host(`**.example.com`)', false, { host: '.example.com' }],
    ['Host(`**.example.com`)', false, { host: 'aexample.com' }],
  ]);
});

describe('HostRegexp', () => {
  check([
    ['HostRegexp(`^[a-z-]+\\.com$`)', true, { host: 'example.com' }],
    ['HostRegexp(`^[a-z-]+\\.com$`)', false, { host: 'a.example.com' }],
    ['HostRegexp(`^[A-Z]+\\.com$`)', false, { host: 'example.com' }],
    ['HostRegexp(`(?i)^[A-Z]+\\.COM$`)', true, { host: 'example.com' }],
    ['HostRegexp(`ample`)', true, { host: 'example.com' }],
    ['HostRegexp(`^(foo)?$`)', false, { host: 'example.com' }],
    // Traefik 2 had named groups in braces; in version 3 they are plain text.
    ['HostRegexp(`{domain:[a-z-]+\\.com}`)', false, { host: 'example.com' }],
  ]);
});

describe('Path', () => {
  check([
    ['Path(`/css`)', true, { target: '/css' }],
    ['Path(`/css`)', true, { target: '/css?x=1' }],
    ['Path(`/css`)', false, { target: '/' }],
    ['Path(`/css`)', false, { target: '/css/' }],
    ['Path(`/css`)', false, { target: '/css/main.css' }],
    ['Path(`/css`)', false, { target: '/CSS' }],
    ['Path(`/foo bar`)', true, { target: '/foo%20bar' }],
    ['Path(`/foo%20bar`)', false, { target: '/foo%20bar' }],
    ['Path(`/grüße`)', true, { target: '/gr%C3%BC%c3%9fe' }],
    ['Path(`/grüße`)', true, { target: '/gr\u00c3\u00bc\u00c3\u009fe' }],
    ['Path(`/a/b`)', false, { target: '/a%2Fb' }],
    ['Path(`/a%2Fb`)', true, { target: '/a%2fb' }],
    ['Path(`/a%25b`)', true, { target: '/a%25b' }],
    ['Path(`/`)', true, { target: '/' }],
    ['Path(`/`)', false, { target: '*' }],
  ]);
});

describe('a path that is not in its normal form', () => {
  check([
    ['PathPrefix(`/admin`)', true, { target: '/public/../admin' }],
    ['PathPrefix(`/public`)', false, { target: '/public/../admin' }],
    ['PathPrefix(`/admin`)', true, { target: '/public/%2e%2E/admin' }],
    ['PathPrefix(`/admin`)', true, { target: '//admin' }],
    ['PathPrefix(`/admin`)', true, { target: '/./admin' }],
    ['PathPrefix(`/admin`)', true, { target: '/%61dmin' }],
    ['PathPrefix(`/admin`)', true, { target: '/../../admin' }],
    ['Path(`/public/x%2Fadmin`)', true, { target: '/public/x%2fadmin' }],
    ['Path(`/.well-known/x`)', true, { target: '/.well-known/x' }],
    ['Path(`/a/`)', true, { target: '/a//' }],
  ]);
});

describe('PathPrefix', () => {
  check([
    ['PathPrefix("/css")', true, { target: '/css' }],
    ['PathPrefix("/css")', true, { target: '/css/main.css' }],
    ['PathPrefix("/css")', true, { target: '/cssx' }],
    ['PathPrefix("/css/")', false, { target: '/css' }],
    ['PathPrefix("/css")', false, { target: '/html/css' }],
    ['Pathprefix("/css")', true, { target: '/css' }],
  ]);
});

describe('PathRegexp', () => {
  check([
    ['PathRegexp(`^/(css|js)`)', true, { target: '/css/main.css' }],
    ['PathRegexp(`^/(css|js)`)', true, { target: '/js' }],
    ['PathRegexp(`^/(css|js)`)', false, { target: '/CSS' }],
    ['PathRegexp(`^/(css|js)`)', false, { target: '/html/css' }],
    ['PathRegexp(`\\.(jpeg|jpg|png)$`)', true, { target: '/a/b.png?x' }],
    ['PathRegexp(`^/products/([0-9]+)$`)', true, { target: '/products/42' }],
    ['PathRegexp("/{path:(css|js)}")', true, { target: '/%7Bpath:css%7D/' }],
    ['PathRegexp("/{path:(css|js)}")', false, { target: '/css' }],
  ]);
});

describe('Method', () => {
  check([
    ['Method(`GET`)', true, { method: 'GET' }],
    ['Method(`get`)', true, { method: 'GET' }],
    ['Method(`GET`)', false, { method: 'get' }],
    ['Method(`GET`)', false, { method: 'POST' }],
  ]);
});

describe('Header', () => {
  check([
    ['Header(`X-Tenant`, `a`)', true, { rawHeaders: ['x-tenant', 'a'] }],
    ['Header(`x-tenant`, `a`)', true, { rawHeaders: ['X-TENANT', 'a'] }],
    ['Header(`X-Tenant`, `a`)', true, { rawHeaders: ['X-Tenant', 'b', 'Other', 'x', 'X-Tenant', 'a'] }],
    ['Header(`X-Tenant`, `a`)', false, { rawHeaders: ['X-Tenant', 'A'] }],
    ['Header(`X-Tenant`, `a`)', false, { rawHeaders: ['X-Tenant', 'a, b'] }],
    ['Header(`X-Tenant`, `a`)', false, { rawHeaders: ['X_Tenant', 'a'] }],
    ['Header(`X-Tenant`, `a`)', false, { rawHeaders: ['a', 'X-Tenant'] }],
    ['Header(`X-Tenant`, `a`)', false, {}],
    ['Header(`Host`, `example.com`)', false, { rawHeaders: ['Host', 'example.com'] }],
    ['HeaderRegexp(`X-Tenant`, `^a+$`)', true, { rawHeaders: ['X-Tenant', 'b', 'X-Tenant', 'aaa'] }],
    ['HeaderRegexp(`X-Tenant`, `^a+$`)', false, { rawHeaders: ['X-Tenant', 'b'] }],
    ['HeaderRegexp(`X-Tenant`, `.*`)', false, {}],
  ]);
});

describe('a forwarded header', () => {
  const forged = {
    rawHeaders: ['X-Forwarded-Proto', 'https', 'X-Forwarded-For', '10.0.0.1', 'X-Real-Ip', '10.0.0.1'],
  };
  check([
    ['Header(`X-Forwarded-Proto`, `https`)', false, { ...forged, trusted: false }],
    ['Header(`X-Forwarded-Proto`, `http`)', true, { ...forged, trusted: false }],
    ['Header(`X-Forwarded-Proto`, `https`)', true, { ...forged, trusted: true }],
    ['Header(`X-Forwarded-Proto`, `https`)', true, { scheme: 'https' }],
    ['HeaderRegexp(`X-Forwarded-For`, `^10\\.`)', false, { ...forged, trusted: false }],
    ['HeaderRegexp(`X-Forwarded-For`, `^10\\.`)', true, { ...forged, trusted: true }],
    ['Header(`X-Real-Ip`, `192.0.2.1`)', true, { ...forged, remoteAddress: '192.0.2.1' }],
    ['Header(`X-Forwarded-Host`, `example.com:8000`)', true, { authority: 'example.com:8000' }],
    ['Header(`X-Forwarded-Port`, `8000`)', true, { authority: 'example.com:8000' }],
    ['Header(`X-Forwarded-Port`, `80`)', true, {}],
    ['Header(`X-Forwarded-Port`, `443`)', true, { scheme: 'https' }],
  ]);
});

describe('Query', () => {
  check([
    ['Query(`q`, `traefik`)', true, { target: '/?q=traefik' }],
    ['Query(`q`, `traefik`)', true, { target: '/?rel=ddg&q=traefik' }],
    ['Query(`q`, `traefik`)', true, { target: '/?q=awesome&q=traefik' }],
    ['Query(`q`, `traefik`)', true, { target: '/?x;q=traefik' }],
    ['Query(`q`, `traefik`)', false, { target: '/' }],
    ['Query(`q`, `traefik`)', false, { target: '/?q=TRAEFIK' }],
    ['Query(`q`, `traefik`)', false, { target: '/?Q=traefik' }],
    ['Query(`q`, `traefik`)', false, { target: '/?rel=traefik' }],
    ['Query(`q`, `a b`)', true, { target: '/?q=a+b' }],
    ['Query(`q`, `a b`)', true, { target: '/?%71=a%20b' }],
    ['Query(`q`, `a=b`)', true, { target: '/?q=a=b' }],
    ['Query(`q`, `a&b`)', true, { target: '/?q=a%26b' }],
    ['Query(`q`, `a%`)', false, { target: '/?q=a%' }],
    ['Query(`mobile`)', true, { target: '/?mobile' }],
    ['Query(`mobile`)', true, { target: '/?mobile=' }],
    ['Query(`mobile`)', false, { target: '/?mobile=true' }],
    ['Query(`mobile`)', false, { target: '/' }],
    ['QueryRegexp(`q`, `^(traefik|nginx)$`)', true, { target: '/?q=x&q=nginx' }],
    ['QueryRegexp(`q`, `^(traefik|nginx)$`)', false, { target: '/?q=haproxy' }],
    ['QueryRegexp(`q`, `^.*$`)', false, { target: '/?rel=x' }],
    ['QueryRegexp(`mobile`)', true, { target: '/?mobile' }],
    ['QueryRegexp(`mobile`)', false, { target: '/?mobile=1' }],
  ]);
});

describe('ClientIP', () => {
  check([
    ['ClientIP(`127.0.0.1`)', true, { remoteAddress: '127.0.0.1' }],
    ['ClientIP(`127.0.0.1`)', true, { remoteAddress: '::ffff:127.0.0.1' }],
    ['ClientIP(`::ffff:127.0.0.1`)', true, { remoteAddress: '127.0.0.1' }],
    ['ClientIP(`127.0.0.1`)', false, { remoteAddress: '127.0.0.2' }],
    ['ClientIP(`127.0.0.1`)', false, { remoteAddress: '' }],
    ['ClientIP(`192.168.1.0/24`)', true, { remoteAddress: '192.168.1.100' }],
    ['ClientIP(`192.168.1.77/24`)', true, { remoteAddress: '192.168.1.100' }],
    ['ClientIP(`192.168.1.0/24`)', false, { remoteAddress: '192.168.2.1' }],
    ['ClientIP(`::ffff:192.168.1.0/120`)', true, { remoteAddress: '192.168.1.9' }],
    ['ClientIP(`0.0.0.0/0`)', true, { remoteAddress: '203.0.113.9' }],
    ['ClientIP(`0.0.0.0/0`)', false, { remoteAddress: '2001:db8::1' }],
    ['ClientIP(`::/0`)', true, { remoteAddress: '2001:db8::1' }],
    ['ClientIP(`2001:db8::/32`)', true, { remoteAddress: '2001:db8:1::1' }],
    ['ClientIP(`2001:db8::/32`)', false, { remoteAddress: '2001:db9::1' }],
    ['ClientIP(`fe80::1`)', true, { remoteAddress: 'fe80::1%eth0' }],
    [
      'ClientIP(`127.0.0.1`)',
      false,
      { rawHeaders: ['X-Forwarded-For', '127.0.0.1'], remoteAddress: '192.0.2.1', trusted: true },
    ],
  ]);
});

describe('several matchers together', () => {
  check([
    ['(Host(`a.com`) || Host(`b.com`))', true, { host: 'b.com' }],
    ['(Host(`a.com`) && (Path(`/x`) || Path(`/y`)))', true, { host: 'a.com', target: '/y' }],
    ['(Host(`a.com`) && !Path(`/x`))', false, { host: 'a.com', target: '/x' }],
    ['(Host(`a.com`) &&\n  Method(`GET`))', true, { host: 'a.com' }],
  ]);
});

describe('an invalid rule', () => {
  test.each([
    ['Host()', 1, 'takes (domain)'],
    ['Host(`a`, `b`)', 1, 'takes (domain)'],
    ['Host(``)', 6, 'non-empty'],
    ['Host(`grüße.de`)', 6, 'xn--'],
    ['HostRegexp(`🦭`)', 12, 'ASCII'],
    ['HostRegexp(`(a`)', 12, 'missing closing )'],
    ['Path(`css`)', 6, 'starts with /'],
    ['Path(``)', 6, 'non-empty'],
    ['PathPrefix(`css`)', 12, 'starts with /'],
    ['PathRegexp(`^/a` , `b`)', 1, 'takes (regexp)'],
    ['Host(`a`) && PathRegexp(`^/(?=a)`)', 25, 'look-around'],
    ['Method(``)', 8, 'non-empty'],
    ['Method(`GET`, `POST`)', 1, 'takes (method)'],
    ['Header(`X`)', 1, 'takes (key, value)'],
    ['Header(`X`, ``)', 13, 'non-empty'],
    ['Header(``, `x`)', 8, 'non-empty'],
    ['HeaderRegexp(`X`, `[`)', 19, 'missing closing ]'],
    ['Query()', 1, 'takes (key, value)'],
    ['Query(`q`, ``)', 12, 'non-empty'],
    ['Query(`a`, `b`, `c`)', 1, 'takes (key, value)'],
    ['QueryRegexp(`q`, `(a`)', 18, 'missing closing )'],
    ['ClientIP(`1`)', 10, 'CIDR'],
    ['ClientIP(``)', 10, 'CIDR'],
    ['ClientIP(`10.0.0.0/33`)', 10, 'CIDR'],
    ['ClientIP(`10.0.0.0/`)', 10, 'CIDR'],
    ['ClientIP(`10.0.0.01`)', 10, 'CIDR'],
    ['ClientIP(`10.0.0.1`, `10.0.0.2`)', 1, 'takes (range)'],
    ['Hots(`a`)', 1, 'unknown function Hots: did you mean Host?'],
    ['Host(`a`) Path(`/`)', 11, 'expected "&&", "||" or the end of the expression'],
    ['', 1, 'expected a function'],
  ])('%j is rejected at column %i: %s', (source, column, words) => {
    const compiled = compileRule(source);
    const diagnostics = compiled.ok ? [] : compiled.diagnostics;
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics[0]).toMatchObject({ line: 1, column });
    expect(diagnostics[0]?.message).toContain(words);
  });

  test('reports all its faults at once', () => {
    const compiled = compileRule('Path(`a`) &&\n  (Method(``) || Nope(`x`))');
    expect(compiled.ok ? [] : compiled.diagnostics.map(({ line, column }) => [line, column])).toEqual([
      [1, 6],
      [2, 11],
      [2, 18],
    ]);
  });
});
