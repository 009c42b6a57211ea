import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { oAuthClientCredentials } from './express.ts';
import { as, call, protectedAppTests } from './protected-app.testkit.ts';

const tests = protectedAppTests();
const group = { 'X-Group': 'grp' };
const missing = { 'X-None': 'none' };

/** The three views of a request's headers that a handler may use. */
interface Views {
  readonly raw: readonly string[];
  readonly headers: IncomingMessage['headers'];
  readonly distinct: Readonly<Record<string, readonly string[]>>;
}

// The second decision is at gateway level, after the caller's credentials were removed.
describe.each<[string, readonly Readonly<Record<string, string>>[], string | undefined]>([
  ['nothing is forwarded', [{}], undefined],
  ['a claim is forwarded', [group], 'admin'],
  ['two are, one of them missing', [{ ...group, ...missing }], 'admin'],
  ['two middlewares follow each other, and the second forwards', [{}, group], 'tester'],
  ['two middlewares forward the same', [group, group], 'tester'],
  ['the first of two middlewares forwards', [group, {}], 'admin'],
])('when %s', (_when, forwarded, expected) => {
  it.each<[string, Readonly<Record<string, string>>, boolean]>([
    ['that sends none of the names', {}, false],
    ['that sends one of them', { 'x-GROUP': 'root' }, false],
    ['that sends them in several spellings', { 'x-group': 'root', X_Group: 'root', x_none: 'root' }, false],
    ['that sends one before its credentials', { 'X-Group': 'root', ...as('admin') }, false],
    ['whose headers have been looked at before', { 'X-Group': 'root' }, true],
  ])('every view of a request %s shows the same', async (_what, sent, isLookedAt) => {
    const own = { clientID: 'tester', clientSecret: 'tester-secret' };
    const middlewares = forwarded.map((forwardHeaders, at) =>
      tests.closeLater(
        oAuthClientCredentials({ url: tests.server.url, forwardHeaders, ...(at === 0 ? {} : own) }),
      ),
    );
    let lookedAt: readonly string[] | undefined;
    const origin = await tests.serve((request, response) => {
      if (isLookedAt) lookedAt = request.headersDistinct['x-group'];
      const answer = (): void => {
        const { rawHeaders: raw, headers, headersDistinct: distinct } = request;
        response.end(JSON.stringify({ raw, headers, distinct }));
      };
      middlewares.reduceRight<() => void>(
        (next, middleware) => () => middleware(request, response, next),
        answer,
      )();
    });
    const { body } = await call(origin, { accept: 'text/plain', ...sent, ...as('admin') });
    expect(lookedAt).toEqual(isLookedAt ? ['root'] : undefined);
    const { raw, headers, distinct } = JSON.parse(body) as Views;
    const pairs = raw.flatMap((name, at) => (at % 2 === 0 ? [[name.toLowerCase(), raw[at + 1] ?? '']] : []));
    // Each name once, in every view.
    expect(pairs).toHaveLength(Object.keys(headers).length);
    expect(Object.fromEntries(pairs)).toEqual(headers);
    expect(distinct).toEqual(Object.fromEntries(pairs.map(([name, value]) => [name, [value]])));
    expect(headers).toMatchObject({
      accept: 'text/plain',
      authorization: expect.stringMatching(/^Bearer ./) as string,
    });
    // A name that no decision forwards belongs to the caller.
    const isForwarded = forwarded.some((names) => 'X-Group' in names);
    expect(headers['x-group']).toBe(
      isForwarded ? expected : (sent['x-GROUP'] ?? sent['X-Group'] ?? sent['x-group']),
    );
    expect(headers['x_group']).toBe(isForwarded ? undefined : sent['X_Group']?.toLowerCase());
    const isNoneForwarded = forwarded.some((names) => 'X-None' in names);
    expect([headers['x-none'], headers['x_none']]).toEqual(
      isNoneForwarded ? ['', undefined] : [undefined, sent['x_none']],
    );
  });
});
