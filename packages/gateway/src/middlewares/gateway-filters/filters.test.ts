import { describe, expect, it } from 'vitest';
import { systemClock } from '@grantgate/middleware/base/clock';
import { createStores } from '@grantgate/middleware/cache/stores';
import { createTokenCache } from '@grantgate/middleware/cache/token-cache';
import type { StepKind } from '../kind.ts';
import { startGatewayWith, valuesOf } from '../middlewares.testkit.ts';
import type { Step } from '../step.ts';
import { requestHeaderModifier, responseHeaderModifier } from './header-modifiers.ts';
import { requestRedirect } from './request-redirect.ts';
import { urlRewrite } from './url-rewrite.ts';

const clock = systemClock;
const deps = { clock, cache: createTokenCache({ clock }), stores: createStores({ clock }) };
const place = { file: 'route.yaml', line: 1, column: 1 };

const readFilter = (kind: StepKind, options: object) =>
  kind.read(
    {
      name: 'filter',
      place,
      errors: [],
      kind: kind.name,
      options,
      namespace: 'apps',
      localReferences: undefined,
      placeOf: () => place,
      members: undefined,
    },
    {
      env: { SECRET: 'hunter2' },
      readFile: () => '',
      realPath: (path) => path,
      secrets: new Map(),
      unreadSecrets: new Map(),
    },
  );

function compile(kind: StepKind, options: object): Step {
  const { options: read, problems } = readFilter(kind, options);
  expect(problems).toEqual([]);
  return kind.createCompile(deps)(read!, 'filter');
}

const start = (kind: StepKind, options: object) => startGatewayWith({}, { steps: [compile(kind, options)] });

describe('RequestHeaderModifier', () => {
  it('sets, adds and removes headers, and leaves the others', async () => {
    const { send } = await start(requestHeaderModifier, {
      set: [{ name: 'X-Set', value: 'new' }],
      add: [{ name: 'X-Add', value: 'two' }],
      remove: ['x-remove'],
    });
    const { seen } = await send('/', [
      ['x-set', 'old'],
      ['x-add', 'one'],
      ['X-Remove', 'gone'],
      ['x-other', 'stays'],
    ]);
    const of = (name: string) => valuesOf(seen?.headers, name);
    expect([of('x-set'), of('x-add'), of('x-remove'), of('x-other')]).toEqual([
      ['new'],
      ['one', 'two'],
      [],
      ['stays'],
    ]);
  });

  it('sets the host that the server receives', async () => {
    const { send } = await start(requestHeaderModifier, { set: [{ name: 'Host', value: 'other.example' }] });
    expect(valuesOf((await send('/')).seen?.headers, 'host')).toEqual(['other.example']);
  });

  it.each(['Connection', 'content-length', 'Transfer-Encoding', 'a b'])('does not change %s', (name) => {
    const { options, problems } = readFilter(requestHeaderModifier, { set: [{ name, value: 'x' }] });
    expect(options).toBeUndefined();
    expect(problems).toHaveLength(1);
  });

  it('sends text that looks like a secret reference unchanged', async () => {
    const { send } = await start(requestHeaderModifier, { set: [{ name: 'x', value: 'urn:env:SECRET' }] });
    expect(valuesOf((await send('/')).seen?.headers, 'x')).toEqual(['urn:env:SECRET']);
  });
});

it('changes headers of responses', async () => {
  const step = compile(responseHeaderModifier, {
    set: [{ name: 'X-Set', value: 'new' }],
    add: [{ name: 'X-Add', value: 'two' }],
    remove: ['X-Remove'],
  });
  const { send } = await startGatewayWith(
    {},
    {
      steps: [step],
      respond: (_request, response) =>
        response.writeHead(200, { 'x-set': 'old', 'x-add': 'one', 'x-remove': 'gone', 'x-other': 'a' }).end(),
    },
  );
  const { headers } = await send('/');
  expect(['x-set', 'x-add', 'x-remove', 'x-other'].map((name) => valuesOf(headers, name))).toEqual([
    ['new'],
    ['one', 'two'],
    [],
    ['a'],
  ]);
});

const prefix = (replacePrefixMatch: string) => ({ type: 'ReplacePrefixMatch', replacePrefixMatch });

describe('URLRewrite', () => {
  // The table of `HTTPPathModifier` in the specification of Gateway API, with further cases derived from it.
  it.each([
    ['/foo', '/xyz', '/foo/bar', '/xyz/bar'],
    ['/foo', '/xyz/', '/foo/bar', '/xyz/bar'],
    ['/foo/', '/xyz', '/foo/bar', '/xyz/bar'],
    ['/foo/', '/xyz/', '/foo/bar', '/xyz/bar'],
    ['/foo', '/xyz', '/foo', '/xyz'],
    ['/foo', '/xyz', '/foo/', '/xyz/'],
    ['/foo', '', '/foo/bar', '/bar'],
    ['/foo', '', '/foo/', '/'],
    ['/foo', '', '/foo', '/'],
    ['/foo', '/', '/foo/', '/'],
    ['/foo', '/', '/foo', '/'],
    ['/', '/xyz', '/bar?a=b', '/xyz/bar?a=b'],
    ['/f o', '/x y', '/f%20o/b%C3%A9?q', '/x%20y/b%C3%A9?q'],
  ])('replaces the prefix %j with %j: %s becomes %s', async (matchedPrefix, replacement, sent, got) => {
    const { send } = await start(urlRewrite, { path: prefix(replacement), matchedPrefix });
    expect((await send(sent)).seen?.target).toBe(got);
  });

  it('replaces the whole path and the host, and keeps the query', async () => {
    const { send } = await start(urlRewrite, {
      hostname: 'inner.example',
      path: { type: 'ReplaceFullPath', replaceFullPath: '/all' },
    });
    const { seen } = await send('/a/b?c=d');
    expect(seen?.target).toBe('/all?c=d');
    expect(valuesOf(seen?.headers, 'host')).toEqual(['inner.example']);
  });
});

describe('RequestRedirect', () => {
  it.each([
    [{}, 'http://a.example:8080/p?q', 302],
    [{ scheme: 'https' }, 'https://a.example/p?q', 302],
    [{ scheme: 'https', port: 443 }, 'https://a.example/p?q', 302],
    [{ scheme: 'https', port: 8443, statusCode: 301 }, 'https://a.example:8443/p?q', 301],
    [{ hostname: 'b.example', port: 80 }, 'http://b.example/p?q', 302],
    [
      { hostname: 'b.example', path: { type: 'ReplaceFullPath', replaceFullPath: '/n' } },
      'http://b.example:8080/n?q',
      302,
    ],
    [{ path: prefix('/n'), matchedPrefix: '/p' }, 'http://a.example:8080/n?q', 302],
  ])('with %j redirects to %s', async (options, location, status) => {
    const { send } = await start(requestRedirect, options);
    const response = await send('/p?q', [['Host', 'a.example:8080']]);
    expect([response.status, valuesOf(response.headers, 'location')]).toEqual([status, [location]]);
    expect(response.seen).toBeUndefined();
  });
});
