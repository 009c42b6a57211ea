import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { startAuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { sendRequest } from '../conformance/send-request.testkit.ts';
import type { Beside } from './beside.testkit.ts';
import { startBeside } from './beside.testkit.ts';

/** Options of Traefik's ForwardAuth with their types, according to the reference of Traefik 3.7. */
const documented = {
  address: 'string',
  trustForwardHeader: 'boolean',
  authResponseHeaders: 'object',
  authResponseHeadersRegex: 'string',
  authRequestHeaders: 'object',
  addAuthCookiesToResponse: 'object',
  forwardBody: 'boolean',
  maxBodySize: 'number',
  headerField: 'string',
  preserveLocationHeader: 'boolean',
  preserveRequestMethod: 'boolean',
  maxResponseBodySize: 'number',
  tls: 'object',
} as const;

interface ForwardAuthMiddleware {
  readonly address: string;
  readonly trustForwardHeader?: boolean;
  readonly authResponseHeaders: readonly string[];
  readonly authResponseHeadersRegex?: string;
  readonly authRequestHeaders?: readonly string[];
  readonly headerField?: string;
}

interface TraefikRouter {
  readonly rule: string;
  readonly middlewares: readonly string[];
  readonly service: string;
}

interface Dynamic {
  readonly http: {
    readonly routers: Readonly<Record<string, TraefikRouter>>;
    readonly middlewares: Readonly<Record<string, { readonly forwardAuth?: ForwardAuthMiddleware }>>;
    readonly services: Readonly<
      Record<string, { readonly loadBalancer: { readonly servers: readonly { readonly url: string }[] } }>
    >;
  };
}

const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;

describe('the example beside Traefik', () => {
  let server: AuthorizationServer;
  let beside: Beside;
  let http: Dynamic['http'];
  beforeAll(async () => {
    server = await startAuthorizationServer({
      clients: [
        { clientId: 'boss', clientSecret: 'boss-secret', claims: { grp: 'admin' } },
        { clientId: 'my-oauth-client-name', clientSecret: 'mypasswd', claims: { grp: 'gateway' } },
      ],
    });
    beside = await startBeside({ example: 'beside-traefik', tokenUrl: server.url, command: undefined });
    ({ http } = parse(await readFile(join(beside.folder, 'dynamic.yaml'), 'utf8')) as Dynamic);
  });
  afterAll(async () => {
    await beside.close();
    await server.close();
  });

  const middlewares = (): readonly (readonly [string, ForwardAuthMiddleware])[] =>
    Object.entries(http.middlewares).flatMap(([name, { forwardAuth }]) =>
      forwardAuth === undefined ? [] : [[name, forwardAuth] as const],
    );
  const lower = (names: readonly string[]): readonly string[] => names.map((name) => name.toLowerCase());

  it('has only options that Traefik documents, each of the documented type', () => {
    expect(middlewares().map(([name]) => name)).toEqual(['orders', 'billing']);
    for (const [, options] of middlewares())
      expect(Object.entries(options).map(([name, value]) => [name, typeof value])).toEqual(
        Object.keys(options).map((name) => [name, documented[name as keyof typeof documented]]),
      );
  });

  it('names only routers, middlewares and services that exist', () => {
    for (const { middlewares, service } of Object.values(http.routers)) {
      expect(Object.keys(http.middlewares)).toEqual(expect.arrayContaining([...middlewares]));
      expect(Object.keys(http.services)).toContain(service);
      expect(http.services[service]?.loadBalancer.servers).toEqual([{ url: beside.service.url }]);
    }
  });

  it('sends the credentials, and trusts no address that a caller claims', () => {
    for (const [name, { address, authRequestHeaders, trustForwardHeader }] of middlewares()) {
      expect(address).toBe(`${beside.checks}/forward-auth/${name}`);
      // Without the list, every header is sent.
      expect(lower(authRequestHeaders ?? ['Authorization'])).toContain('authorization');
      expect(trustForwardHeader).toBe(false);
    }
  });

  it('copies every header of the response, so that it replaces the caller’s header', async () => {
    for (const [, { address, authResponseHeaders, headerField }] of middlewares()) {
      const { origin, pathname } = new URL(address);
      const { status, headers } = await sendRequest(origin, {
        path: pathname,
        headers: ['Authorization', basic('boss:boss-secret')],
      });
      expect(status).toBe(200);
      const framing = ['connection', 'keep-alive', 'content-length'];
      const answered = Object.keys(headers).filter((name) => !framing.includes(name));
      expect(answered).toContain('group');
      expect([...lower(authResponseHeaders)].sort()).toEqual(answered.sort());
      expect(lower(authResponseHeaders)).toContain(headerField?.toLowerCase());
    }
  });

  it('removes every header of the caller whose name a server could misread, and no X-Forwarded-*', () => {
    for (const [, { authResponseHeadersRegex = '' }] of middlewares()) {
      const removed = new RegExp(authResponseHeadersRegex);
      for (const sign of "!#$%&'*+.^_`|~") {
        expect(`X${sign}Auth-Request-User`).toMatch(removed);
        expect(`X-Forwarded${sign}For`).toMatch(removed);
      }
      for (const name of ['X-Forwarded-For', 'X-Forwarded-Port', 'Accept', 'X-B3-Traceid'])
        expect(name).not.toMatch(removed);
    }
  });
});
