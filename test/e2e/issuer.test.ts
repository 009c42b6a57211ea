import { afterEach, describe, expect, it } from 'vitest';
import { parseExposition } from '../../packages/gateway/src/observe/metrics/exposition.testkit.ts';
import { createFakeClock } from '../../packages/testkit/src/fake-clock.ts';
import { until } from '../../packages/testkit/src/until.ts';
import type { TestIssuer } from '../../packages/middleware/src/token/discovery/issuer.testkit.ts';
import { startIssuer } from '../../packages/middleware/src/token/discovery/issuer.testkit.ts';
import { json } from '../../packages/testkit/src/scripted-server.ts';
import { startEchoServer } from '../../packages/testkit/src/echo-server.ts';
import { startTestGateway } from './gateway.testkit.ts';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

/** A gateway whose two middlewares have the same issuer, with a clock that the test controls. */
async function setUp(prepare: (issuer: TestIssuer) => void) {
  const clock = createFakeClock();
  const issuer = await startIssuer();
  prepare(issuer);
  const service = await startEchoServer();
  const plugin = `issuer: "${issuer.issuer}", clientID: app, clientSecret: tell-tale, clientConfig: { maxRetries: 0 }`;
  const gateway = await startTestGateway({
    clock,
    install: `
entryPoints: { web: { address: "127.0.0.1:0" }, admin: { address: "127.0.0.1:0" } }
metrics: { prometheus: {} }
`,
    routes: {
      'a.yaml': `
http:
  routers:
    a: { rule: PathPrefix(\`/a\`), middlewares: [a], service: echo }
    b: { rule: PathPrefix(\`/b\`), middlewares: [b], service: echo }
  middlewares:
    a: { plugin: { oAuthClientCredentials: { ${plugin} } } }
    b: { plugin: { oAuthClientCredentials: { ${plugin}, scopes: b } } }
  services: { echo: { loadBalancer: { servers: [{ url: "${service.url}" }] } } }
`,
    },
  });
  opened.push(issuer, service, gateway);
  return {
    clock,
    issuer,
    gateway,
    ask: async (path: string) => {
      const response = await fetch(`${gateway.url}${path}`);
      const text = await response.text();
      return { status: response.status, text, retryAfter: response.headers.get('retry-after') };
    },
    logged: () =>
      gateway.log
        .lines()
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter(({ msg }) => /^(?:issuer discovery|token endpoint) /.test(String(msg))),
    count: async (name: string, labels: Record<string, string> = {}) =>
      parseExposition(await (await fetch(`${gateway.urlOf('admin')}/metrics`)).text()).sum(name, labels),
  };
}

describe('a gateway with an issuer', () => {
  it('starts before its authorization server, refuses until the server is up, and logs the outage once', async () => {
    const { clock, issuer, ask, logged, count } = await setUp((server) =>
      server.on(server.oauthPath, (response) => void response.writeHead(503).end()),
    );
    expect(issuer.requests).toEqual([]);
    const refused = await Promise.all(Array.from({ length: 50 }, () => ask('/a')));
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([503]));
    expect(refused[0]?.retryAfter).toBe('1');
    expect(refused[0]?.text).toContain('authorization_server_unavailable');
    expect(issuer.requests).toHaveLength(2);
    // The other middleware waits as well.
    expect((await ask('/b')).status).toBe(503);
    expect(issuer.requests).toHaveLength(2);
    await clock.advance(1_000);
    expect((await ask('/b')).status).toBe(503);
    const up = { issuer: issuer.issuer };
    expect(await count('grantgate_issuer_up', up)).toBe(0);
    expect(await count('grantgate_issuer_discoveries_total', { ...up, outcome: 'unavailable' })).toBe(2);
    issuer.publish();
    await clock.advance(2_000);
    expect((await ask('/b')).text).toContain('Bearer t1');
    expect((await ask('/a')).text).toContain('Bearer t2');
    expect(await count('grantgate_issuer_up', up)).toBe(1);
    expect(logged().map(({ level, msg }) => `${String(level)} ${String(msg)}`)).toEqual([
      'warn issuer discovery failed',
      'info issuer discovery succeeded again',
    ]);
    expect(logged()[0]).toMatchObject({
      issuer: issuer.issuer,
      reason: 'unavailable',
      detail: expect.stringContaining('oauth-authorization-server: responded with 503; openid-configuration: responded with 404') as string,
      nextTryInSeconds: 1,
    });
    expect(logged()[1]).toMatchObject({ failures: 2, failedForSeconds: 3 });
  });

  it('names both issuers in the log, but not to callers, when they differ', async () => {
    const { issuer, gateway, ask, logged } = await setUp((server) => server.publish({ issuer: 'https://evil.example' }));
    const { status, text } = await ask('/a');
    expect(status).toBe(502);
    expect(text).toContain('token_response_invalid');
    expect(text).not.toContain('evil');
    expect(text).not.toContain(issuer.issuer);
    expect(logged()[0]?.['detail']).toContain(`issuer is "https://evil.example", expected "${issuer.issuer}"`);
    expect(gateway.log.text()).not.toContain('tell-tale');
  });

  it('keeps serving while the issuer is down, and follows when its endpoint moves', async () => {
    const { clock, issuer, ask, logged } = await setUp((server) => server.publish());
    expect((await ask('/a')).text).toContain('Bearer t1');
    issuer.on(issuer.oauthPath, (response) => void response.socket?.resetAndDestroy());
    await clock.advance(7_200_000);
    // The token and the metadata have expired.
    expect((await ask('/a')).text).toContain('Bearer t2');
    issuer.publish({ token_endpoint: `${issuer.origin}/moved` });
    issuer.on('/moved', (response) => json(response, 200, { access_token: 'moved', token_type: 'Bearer', expires_in: 60 }));
    await clock.advance(7_200_000);
    expect((await ask('/a')).text).toContain('Bearer moved');
    await until(() => logged().length === 3);
    expect(logged()).toMatchObject([
      { level: 'warn', msg: 'issuer discovery failed', tokenEndpoint: `${issuer.origin}/token` },
      { level: 'info', msg: 'token endpoint changed', tokenEndpoint: `${issuer.origin}/moved`, previousTokenEndpoint: `${issuer.origin}/token` },
      { level: 'info', msg: 'issuer discovery succeeded again' },
    ]);
  });
}); // prettier-ignore
