import { describe, expect, it } from 'vitest';
import { parseClientCredentials } from './parse.ts';

const url = 'https://as.example/token';
const parse = (raw: object) => parseClientCredentials({ url, ...raw });
const problems = (raw: object) =>
  parse(raw).problems.map(({ severity, path, message }) => `${severity} ${path.join('.')}: ${message}`);

describe('additions to a token request', () => {
  it('are kept as secrets where they may be one', () => {
    const { options } = parse({
      endpointParams: { pin: 'hunter2' },
      clientConfig: { headers: { 'X-Key': 'hunter2' } },
    });
    expect(JSON.stringify(options)).not.toContain('hunter2');
  });

  it.each([
    'grant_type', 'client_id', 'client_secret', 'client_assertion', 'client_assertion_type', 'scope', 'audience', 'resource',
  ])('cannot change %s', (name) => {
    expect(problems({ endpointParams: { [name]: 'x' } })).toEqual([
      expect.stringMatching(new RegExp(`^error endpointParams.${name}: (?:is set by the option|cannot be changed)`)),
    ]);
  }); // prettier-ignore

  it.each([
    'Authorization', 'authorization', 'Content-Type', 'CONTENT-LENGTH', 'Host', 'Connection', 'Transfer-Encoding', 'TE', 'Trailer',
    'Upgrade', 'Expect', 'Keep-Alive', 'Accept-Encoding', 'Content-Encoding', 'Proxy-Authorization', 'Proxy-Connection', '', 'a b', 'a:b',
    'ä', 'a\r\nb',
  ])('cannot have a header %j', (name) => {
    const found = problems({ clientConfig: { headers: { [name]: 'x' } } });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^error clientConfig\.headers\./);
  }); // prettier-ignore

  it.each(['a\r\nb', 'a\nb', '\0', ' a', 'a ', '€', ''])(
    'cannot have a header with the value %j',
    (value) => {
      const found = problems({ clientConfig: { headers: { 'x-a': value } } });
      expect(found).toHaveLength(1);
      expect(found[0]).toMatch(/^error clientConfig\.headers\.x-a: /);
    },
  );

  it.each<[object, string]>([
    [
      { clientConfig: { headers: { 'X-A': '1', 'x-a': '2' } } },
      'error clientConfig.headers.x-a: is given twice',
    ],
    [{ scopes: 'a "b"' }, 'error scopes: expected visible ASCII'],
    [{ scopes: ['ä'] }, 'error scopes: expected visible ASCII'],
    [{ scopes: { a: 1 } }, 'error scopes: expected a list of scopes'],
    [{ resource: 'api' }, 'error resource: expected an absolute URI'],
    [{ resource: ['https://a.example', 'https://b.example#c'] }, 'error resource: expected an absolute URI'],
    [{ endpointParams: { a: [] } }, 'error endpointParams.a: '],
    [{ endpointParams: 'a=b' }, 'error endpointParams: '],
  ])('that are invalid are one problem at their place: %j', (raw, expected) => {
    const found = problems(raw);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });
});
