import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readConfiguration } from '../../packages/gateway/src/cli/configuration.ts';
import { createTestIo } from '../../packages/gateway/src/cli/io.testkit.ts';
import { startTestGateway } from './gateway.testkit.ts';

const up = 'services: { up: { loadBalancer: { servers: [{ url: "http://127.0.0.1:1" }] } } }';
const auth = (options: string): string =>
  `middlewares: { own: { plugin: { oAuthClientCredentials: { ${options} } } } }`;
const router = (options = 'service: up', rule = 'Path(`/a`)'): string =>
  `routers: { a: { rule: "${rule}", ${options} } }`;
const file = (...parts: readonly string[]): string => `http:\n${parts.map((part) => `  ${part}\n`).join('')}`;
const url = 'url: "https://as.example.com/token"';
const manifest = (service: string): string => `
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: { name: a, namespace: apps }
spec: { routes: [{ match: Path(\`/a\`), services: [{ name: ${service}, port: 80 }] }] }
---
{ apiVersion: v1, kind: Service, metadata: { name: up, namespace: apps }, spec: { ports: [{ port: 80 }] } }
`;

type RouteState = 'serves' | 'refuses' | 'is not there';
const cases: readonly (readonly [what: string, verdict: RouteState, texts: Readonly<Record<string, string>>])[] = [
  ['a good route', 'serves', { 'a.yaml': file(router(), up) }],
  ['a good route of Kubernetes', 'serves', { 'a.yaml': manifest('up') }],
  ['a Service that does not exist', 'refuses', { 'a.yaml': manifest('upp') }],
  ['an unknown option of a router', 'refuses', { 'a.yaml': file(router('service: up, midlewares: []'), up) }],
  ['a rule that cannot be read', 'is not there', { 'a.yaml': file(router(undefined, 'Pth(`/a`)'), up) }],
  ['an entry point that does not exist', 'refuses', { 'a.yaml': file(router('service: up, entryPoints: [web, wep]'), up) }],
  ['an entry point without TLS', 'is not there', { 'a.yaml': file(router('service: up, tls: {}'), up) }],
  ['a middleware that does not exist', 'refuses', { 'a.yaml': file(router('service: up, middlewares: [own]'), up) }],
  ['a middleware without its URL', 'refuses', { 'a.yaml': file(router('service: up, middlewares: [own]'), up, auth('')) }],
  ['a secret that does not exist', 'refuses', { 'a.yaml': file(router('service: up, middlewares: [own]'), up,
    auth(`${url}, clientID: a, clientSecret: "urn:env:NOWHERE"`)) }],
  ['an option that only warns', 'serves', { 'a.yaml': file(router('service: up, observability: {}'), up) }],
  ['a broken server', 'refuses', { 'a.yaml': file(router(), 'services: { up: { loadBalancer: { servers: [{ url: x }] } } }') }],
  ['a name that two files use', 'refuses', { 'a.yaml': file(router(), up), 'b.yaml': file(router()) }],
  ['a file that is no YAML beside a good one', 'serves', { 'a.yaml': file(router(), up), 'b.yaml': 'http: [' }],
  ['a file of something else beside a good one', 'serves', { 'a.yaml': file(router(), up), 'b.yaml': 'just: text' }],
]; // prettier-ignore

it.each(cases)('check and serve agree on %s: the route %s', async (_what, verdict, texts) => {
  const gateway = await startTestGateway({ routes: texts });
  try {
    const checked = await readConfiguration([gateway.folder], undefined, createTestIo({ cwd: '/' }));
    const said = checked.problems.map(({ severity, code, message }) => `${severity} ${code} ${message}`);
    const logged = gateway.log
      .lines()
      .map((line) => JSON.parse(line) as Record<string, string>)
      .filter(({ code }) => code !== undefined)
      .map(({ level, code, msg }) => `${level === 'warn' ? 'warning' : 'error'} ${code} ${msg}`);
    expect(logged).toEqual(said);
    const response = await fetch(`${gateway.url}/a`);
    const { code } = (await response.json()) as { readonly code: string };
    const served = ({ middleware_unavailable: 'refuses', no_route: 'is not there' } as const)[code] ?? 'serves';
    // A route that no entry point reaches is valid, but causes a warning.
    const found = checked.prepared.routers.filter(({ config }) => !config.tls);
    const read = found.length === 0 ? 'is not there' : found[0]!.broken === undefined ? 'serves' : 'refuses';
    expect([served, read]).toEqual([verdict, verdict]);
  } finally {
    await gateway.close();
  }
}); // prettier-ignore

it('check without a configuration accepts only the entry point of the shorthand', async () => {
  const gateway = await startTestGateway({ routes: { 'a.yaml': 'http: {}' } });
  try {
    await writeFile(join(gateway.folder, 'b.yaml'), file(router('service: up, entryPoints: [wep]'), up));
    const { problems } = await readConfiguration([gateway.folder], undefined, createTestIo({ cwd: '/' }));
    expect(problems.map(({ message }) => message)).toEqual([
      'there is no entry point wep: did you mean web?',
    ]);
  } finally {
    await gateway.close();
  }
});
