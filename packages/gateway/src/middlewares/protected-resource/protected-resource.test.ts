import { describe, expect, it } from 'vitest';
import { compileMiddlewares } from '../middlewares.testkit.ts';

const compile = (options: object) =>
  compileMiddlewares({
    one: { plugin: { protectedResource: { authorizationServers: ['https://as.example'], ...options } } },
  });

describe('the options of protectedResource', () => {
  it.each([
    ['https://api.example', 'api.example', ''],
    ['https://api.example/', 'api.example', ''],
    ['https://api.example:8443/a/b', 'api.example:8443', '/a/b'],
    ['https://api.example/a/', 'api.example', '/a/'],
    ['http://localhost:3000/mcp', 'localhost:3000', '/mcp'],
  ])('put the metadata of %s below the well-known path (RFC 9728 section 3.1)', (resource, host, path) => {
    expect(compile({ resource })).toMatchObject({
      problems: [],
      steps: [{ metadata: { host, path: `/.well-known/oauth-protected-resource${path}` } }],
    });
  });

  it.each([
    'api.example',
    'http://api.example',
    'https://api.example/a?b=c',
    'https://api.example/#a',
    'https://user:pass@api.example/',
    'ftp://api.example',
  ])('refuse the resource %s', (resource) => {
    const { problems } = compile({ resource });
    expect(problems).toEqual([
      expect.stringContaining('one@file.resource: expected the https URL of the resource'),
    ]);
    expect(problems.join('')).not.toContain('pass@');
  });

  it('reject each invalid option of the metadata', () => {
    const { problems } = compile({
      resource: 'https://api.example',
      authorizationServers: [],
      scopesSupported: ['a b'],
      bearerMethodsSupported: ['cookie'],
      resourcePolicyUri: 'nowhere',
    });
    expect(problems).toHaveLength(4);
  });
});
