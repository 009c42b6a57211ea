import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { startAuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import type { EchoServer } from '../../packages/testkit/src/echo-server.ts';
import { startEchoServer } from '../../packages/testkit/src/echo-server.ts';
import type { TestGateway } from './gateway.testkit.ts';
import { startTestGateway } from './gateway.testkit.ts';

let server: AuthorizationServer;
let service: EchoServer;
let gateway: TestGateway;

beforeAll(async () => {
  server = await startAuthorizationServer({
    // It must not consist of hexadecimal digits, because an ID of a request could contain them.
    clients: [{ clientId: 'judy', clientSecret: 'tell-tale', claims: { grp: 'hidden-value' } }],
  });
  service = await startEchoServer();
  gateway = await startTestGateway({
    install: `
entryPoints:
  web: { address: "127.0.0.1:0" }
  admin: { address: "127.0.0.1:0" }
  beside: { address: "127.0.0.1:0", forwardAuth: {} }
accessLog: { format: json }
metrics: { prometheus: {} }
log: { level: debug }
`,
    routes: {
      'a.yaml': `
http:
  routers: { api: { rule: PathPrefix(\`/\`), middlewares: [auth], service: echo } }
  middlewares:
    auth: { plugin: { oAuthClientCredentials: { url: "${server.url}", claims: 'Equals(\`grp\`, \`admin\`) && Contains(\`grp\`, \`hidden\`)' } } }
    beside: { plugin: { oAuthClientCredentials: { url: "${server.url}", clientID: a, clientSecret: "urn:env:MISSING" } } }
  services: { echo: { loadBalancer: { servers: [{ url: "${service.url}" }] } } }
`,
    },
  });
}); // prettier-ignore
afterAll(async () => {
  await gateway.close();
  await Promise.all([service.close(), server.close()]);
});

const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;
const parse = (line: string) => JSON.parse(line) as Record<string, unknown>;

async function ask(url: string, authorization: string) {
  const response = await fetch(url, { headers: { authorization } });
  const problem = await response.text();
  const { requestId } = parse(problem);
  const of = (lines: readonly string[], name: string) => () => lines.map(parse).find((one) => one[name] === requestId);
  await expect.poll(() => of(gateway.accessLog.lines(), 'RequestId')()).toBeDefined();
  return {
    status: response.status,
    problem,
    record: of(gateway.accessLog.lines(), 'RequestId')()!,
    line: of(gateway.log.lines(), 'requestId')()!,
  };
} // prettier-ignore

describe('the access log record and the log line of a refusal', () => {
  const urls = () => [gateway.url, `${gateway.urlOf('beside')}/forward-auth/auth`];

  it('contain the client ID that a caller presented, but never its secret', async () => {
    for (const url of urls()) {
      const { status, problem, record, line } = await ask(url, basic('mallory:tell-tale'));
      expect(status).toBe(401);
      expect(record).toMatchObject({ ClientUsername: 'mallory', RefusalCode: 'credentials_refused' });
      // The text of the authorization server.
      expect(record).toMatchObject({ RefusalReason: 'client authentication failed' });
      expect(problem).not.toContain('client authentication failed');
      expect(line).toMatchObject({ clientId: 'mallory', code: 'credentials_refused', middleware: 'auth@file' });
    }
    const long = await ask(gateway.url, basic(`${'x'.repeat(3000)}:tell-tale`));
    expect(long.record['ClientUsername']).toBe(`${'x'.repeat(253)}...`);
    expect(gateway.accessLog.text() + gateway.log.text()).not.toContain('tell-tale');
  }); // prettier-ignore

  it("name the condition of claims that failed, without the claim's value; the caller learns neither", async () => {
    for (const url of urls()) {
      const { status, problem, record, line } = await ask(url, basic('judy:tell-tale'));
      const reason = 'Equals(`grp`, `admin`) is false';
      expect(status).toBe(403);
      expect(record).toMatchObject({ ClientUsername: 'judy', RefusalCode: 'claims_not_satisfied', RefusalReason: reason });
      expect(line).toMatchObject({ clientId: 'judy', reason });
      expect(problem).not.toMatch(/Equals|judy/);
    }
    expect(gateway.accessLog.text() + gateway.log.text()).not.toContain('hidden-value');
  }); // prettier-ignore
});

describe('a middleware that a proxy requests but that does not exist', () => {
  it('is named in the access log and, as a warning, in the log, but not to the caller', async () => {
    const { status, problem, record, line } = await ask(`${gateway.urlOf('beside')}/forward-auth/or%0Adres`, '');
    expect(status).toBe(404);
    const reason = 'there is no middleware or\ndres';
    expect(record).toMatchObject({ RefusalCode: 'middleware_unknown', RefusalReason: reason });
    expect(line).toMatchObject({ level: 'warn', code: 'middleware_unknown', reason });
    expect(problem).not.toContain('dres');
  }); // prettier-ignore
});

describe('a broken middleware that only a proxy uses', () => {
  it('counts as broken in the log and in the metrics, and is named in each refusal', async () => {
    const loaded = gateway.log.lines().map(parse).find(({ msg }) => msg === 'configuration loaded');
    expect(loaded).toMatchObject({ broken: 1, brokenRouters: 0, brokenMiddlewares: 'beside@file' });
    const { status, problem, line } = await ask(`${gateway.urlOf('beside')}/forward-auth/beside`, '');
    expect(status).toBe(503);
    expect(line).toMatchObject({ level: 'warn', code: 'middleware_unavailable', middleware: 'beside@file' });
    expect(line['reason']).toMatch(/^the middleware beside@file is invalid: .*MISSING/);
    expect(problem).not.toContain('MISSING');
    const metrics = await (await fetch(`${gateway.urlOf('admin')}/metrics`)).text();
    expect(metrics).toContain('grantgate_config_middlewares{state="broken"} 1\n');
    expect(metrics).toContain('grantgate_refusals_total{code="middleware_unavailable",middleware="beside@file"} 1\n');
  }); // prettier-ignore
});
