import { describe, expect, it } from 'vitest';
import { parseInstall, shorthandInstall } from './parse-install.ts';

describe('an entry point for external authorization', () => {
  const checkOf = (entryPoints: string, name: string) => {
    const { config, problems } = parseInstall(`entryPoints: ${entryPoints}`, 'g.yaml');
    expect(problems).toEqual([]);
    return config!.entryPoints.get(name)!;
  };
  const defaults = {
    credentialsHeader: 'Authorization',
    usernameHeader: 'X-Auth-Request-User',
    statusMap: new Map(),
    problemHeader: undefined,
    middleware: undefined,
  };

  it.each(['forwardAuth', 'extAuthz'] as const)('is recognised only by the name %s', (name) => {
    const { externalAuth } = checkOf(`{ ${name}: { address: ":9000" } }`, name);
    expect(externalAuth).toEqual({ kind: name, ...defaults });
  });

  it('has any name when it has the options of one', () => {
    expect(checkOf('{ web: { address: ":9000" } }', 'web').externalAuth).toBeUndefined();
    expect(checkOf('{ a: { address: ":9000", forwardAuth: {} } }', 'a').externalAuth?.kind).toBe(
      'forwardAuth',
    );
    expect(checkOf('{ a: { address: ":9000", extAuthz: {} } }', 'a').externalAuth?.kind).toBe('extAuthz');
  });

  it('reads every option, with names in any letter case', () => {
    const http = `{ a: { address: ":1", ForwardAuth: { CredentialsHeader: X-Credentials, usernameheader: X-User,
      statusMap: { 502: 503, "504": 599 }, problemHeader: X-Problem } } }`;
    expect(checkOf(http, 'a').externalAuth).toEqual({
      kind: 'forwardAuth',
      credentialsHeader: 'X-Credentials',
      usernameHeader: 'X-User',
      statusMap: new Map([[502, 503], [504, 599]]),
      problemHeader: 'X-Problem',
      middleware: undefined,
    }); // prettier-ignore
    const grpc = '{ a: { address: ":1", extAuthz: { middleware: orders@file, statusMap: { 401: 403 } } } }';
    expect(checkOf(grpc, 'a').externalAuth).toEqual({
      kind: 'extAuthz',
      ...defaults,
      statusMap: new Map([[401, 403]]),
      middleware: 'orders@file',
    });
  });

  it('trusts proxies on this machine, unless trustedIPs names others', () => {
    const trusted = (rest: string): readonly string[] =>
      checkOf(`{ forwardAuth: { address: ":1"${rest} } }`, 'forwardAuth').trustedIPs;
    expect(trusted('')).toEqual(['127.0.0.0/8', '::1']);
    expect(trusted(', forwardedHeaders: { trustedIPs: [10.0.0.0/8] }')).toEqual(['10.0.0.0/8']);
    expect(trusted(', forwardedHeaders: { trustedIPs: [] }')).toEqual([]);
  });

  it.each([
    ['forwardAuth: {}, extAuthz: {}', ['', 'expected either forwardAuth or extAuthz, not both']],
    ['forwardAuth: { credentialsHeader: "X Y" }', ['.forwardAuth.credentialsHeader', 'expected a header name (RFC 9110 section 5.1)']],
    ['forwardAuth: { usernameHeader: "" }', ['.forwardAuth.usernameHeader', 'expected a header name (RFC 9110 section 5.1)']],
    ['forwardAuth: { problemHeader: "a:b" }', ['.forwardAuth.problemHeader', 'expected a header name (RFC 9110 section 5.1)']],
    ['forwardAuth: { statusMap: { 200: 401 } }', ['.forwardAuth.statusMap.200', 'expected a status from 400 to 599']],
    ['forwardAuth: { statusMap: { 503: 200 } }', ['.forwardAuth.statusMap.503', 'expected number to be >=400']],
    ['forwardAuth: { middleware: orders }', ['.forwardAuth.middleware', 'unknown option middleware: expected one of credentialsHeader, usernameHeader, statusMap, problemHeader']],
    ['extAuthz: { problemHeader: X-Problem }', ['.extAuthz.problemHeader', 'unknown option problemHeader: expected one of credentialsHeader, usernameHeader, statusMap, middleware']],
    ['extAuthz: { middleware: "" }', ['.extAuthz.middleware', expect.any(String) as string]],
  ])('refuses %s', (options, [path, message]) => {
    const { config, problems } = parseInstall(`entryPoints: { a: { address: ":1", ${options} } }`, 'g.yaml');
    expect(config).toBeUndefined();
    expect(problems.map((problem) => [problem.path, problem.message])).toEqual([[`entryPoints.a${path}`, message]]);
  }); // prettier-ignore

  it('is the only kind that serve PATH... opens on request', () => {
    const { entryPoints } = shorthandInstall(['routes'], {
      forwardAuth: { host: '::1', port: 9000 },
      extAuthz: { host: undefined, port: 9001 },
    });
    expect([...entryPoints.keys()].sort()).toEqual(['extAuthz', 'forwardAuth']);
    expect(entryPoints.get('forwardAuth')).toMatchObject({
      host: '::1',
      port: 9000,
      externalAuth: { kind: 'forwardAuth' },
    });
    expect(entryPoints.get('extAuthz')).toMatchObject({
      host: undefined,
      port: 9001,
      externalAuth: { kind: 'extAuthz' },
    });
  });
});
