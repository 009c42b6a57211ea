import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { parseExposition } from '../../packages/gateway/src/observe/metrics/exposition.testkit.ts';
import { createFakeClock } from '../../packages/testkit/src/fake-clock.ts';
import { json, startScriptedServer } from '../../packages/testkit/src/scripted-server.ts';
import { startEchoServer } from '../../packages/testkit/src/echo-server.ts';
import { startTestGateway } from './gateway.testkit.ts';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

/** A gateway in front of a service, an authorization server with configurable responses, and a clock that the test controls. */
async function setUp(credentials: string) {
  const clock = createFakeClock();
  let respond = (_response: ServerResponse): void => {};
  const server = await startScriptedServer((response) => respond(response));
  const service = await startEchoServer();
  const gateway = await startTestGateway({
    clock,
    install: `
entryPoints: { web: { address: "127.0.0.1:0" }, admin: { address: "127.0.0.1:0" } }
metrics: { prometheus: {} }
`,
    routes: {
      'a.yaml': `
http:
  routers: { api: { rule: PathPrefix(\`/\`), middlewares: [auth], service: echo } }
  middlewares:
    auth: { plugin: { oAuthClientCredentials: { url: "${server.url}", ${credentials} clientConfig: { maxRetries: 0 } } } }
  services: { echo: { loadBalancer: { servers: [{ url: "${service.url}" }] } } }
`,
    },
  });
  opened.push(server, service, gateway);
  let grants = 0;
  return {
    clock,
    server,
    gateway,
    grant: () =>
      void (respond = (response) =>
        json(response, 200, { access_token: `token-${(grants += 1)}`, token_type: 'Bearer', expires_in: 100 })),
    fail: (status: number, body: object) => void (respond = (response) => json(response, status, body)),
    ask: async (authorization?: string): Promise<number> => {
      const response = await fetch(gateway.url, authorization === undefined ? {} : { headers: { authorization } });
      await response.text();
      return response.status;
    },
    renewals: () =>
      gateway.log
        .lines()
        .filter((line) => line.includes('token refresh'))
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    count: async (name: string, labels: Record<string, string> = {}) =>
      parseExposition(await (await fetch(`${gateway.urlOf('admin')}/metrics`)).text()).sum(name, labels),
  };
} // prettier-ignore

describe('a failed renewal in the background', () => {
  it('is logged once per outage, with its reason and the next attempt, and once when it succeeds again', async () => {
    const { clock, server, gateway, ask, grant, fail, renewals, count } = await setUp(
      'clientID: reporting, clientSecret: "tell-tale",',
    );
    grant();
    expect(await ask()).toBe(200);
    fail(401, {
      error: 'invalid_client',
      error_description: `AADSTS7000222: the secret\r\n{"level":"info"}\u001b[2J has expired ${'x'.repeat(400)}`,
    });
    await clock.advance(80_000);
    const asked = () => server.requests.length;
    for (const requests of [3, 5]) {
      // The old token remains in use; each of two methods of authentication is tried.
      expect(await ask()).toBe(200);
      await expect.poll(asked).toBe(requests);
      await expect.poll(() => count('grantgate_token_renewals_total', { error: 'invalid_client' })).toBe((requests - 1) / 2);
      await clock.advance(1_000);
    }
    const [failed, ...others] = renewals();
    expect(others).toEqual([]);
    expect(failed).toMatchObject({
      level: 'warn',
      msg: 'token refresh failed',
      middleware: 'auth@file',
      clientId: 'reporting',
      reason: 'credentials_refused',
      status: 401,
      error: 'invalid_client',
      nextTryInSeconds: 1,
      tokenExpiresInSeconds: 20,
    });
    const description = String(failed!['errorDescription']);
    expect(description).toMatch(/^AADSTS7000222: the secret \{"level":"info"\} \[2J has expired x+\.\.\.$/);
    expect(description).toHaveLength(300);
    expect(await count('grantgate_token_renewals_failing', { middleware: 'auth@file' })).toBe(1);

    grant();
    await clock.advance(1_000);
    expect(await ask()).toBe(200);
    await expect.poll(() => count('grantgate_token_renewals_total', { outcome: 'success' })).toBe(1);
    expect(renewals().slice(1)).toMatchObject([
      { level: 'info', msg: 'token refresh succeeded again', middleware: 'auth@file', clientId: 'reporting', failures: 2 },
    ]);
    expect(await count('grantgate_token_renewals_failing')).toBe(0);
    expect(gateway.log.text()).not.toContain('tell-tale');
  }); // prettier-ignore

  it('is logged for each caller by client ID, without a secret that the server repeats', async () => {
    const { clock, gateway, ask, grant, fail, renewals } = await setUp('');
    const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;
    const callers = ['ada', 'grace'].map((name) => basic(`${name}:tell-tale-of-${name}`));
    grant();
    for (const caller of callers) expect(await ask(caller)).toBe(200);
    fail(503, { error: 'temporarily_unavailable', error_description: 'no luck with tell-tale-of-ada' });
    await clock.advance(85_000);
    for (let round = 0; round < 2; round += 1)
      for (const caller of callers) expect(await ask(caller)).toBe(200);
    await expect.poll(() => renewals().length).toBe(2);
    expect(renewals().map(({ clientId, status }) => [clientId, status])).toEqual([
      ['ada', 503],
      ['grace', 503],
    ]);
    expect(renewals()[0]).toMatchObject({ errorDescription: expect.stringContaining('withheld') as string });
    // The response to grace repeats the secret of another client, which is unknown there.
    expect(gateway.log.text()).not.toContain(callers[0]);
  });
});
