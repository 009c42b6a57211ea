import { describe, expect, it } from 'vitest';
import { compileMiddlewares, startGatewayWith, valuesOf } from './middlewares.testkit.ts';

describe('redirectRegex, replacePathRegex and stripPrefixRegex', () => {
  it('report an invalid expression at its place', () => {
    const { problems, steps } = compileMiddlewares(`
a: { redirectRegex: { regex: "^(.*", replacement: "$1" } }
b: { replacePathRegex: { regex: "^(?err)/x", replacement: "/y" } }
c: { stripPrefixRegex: { regex: [ok, "a\\\\1"] } }
d: { redirectRegex: { regex: ok } }
`);
    expect(problems).toEqual([
      '4:35 a@file.regex: invalid regular expression: missing closing )',
      expect.stringMatching(/^5:\d+ b@file\.regex: invalid regular expression: unknown group/),
      expect.stringMatching(/^6:\d+ c@file\.regex\[1\]: invalid regular expression: .*backreference/),
      expect.stringContaining('d@file'),
    ]);
    expect(steps).toEqual([]);
  });

  const costly = '(?:(?:a|a?)b?){1,400}';
  it.each([
    [{ redirectRegex: { regex: `/${costly}c`, replacement: 'x' } }],
    [{ replacePathRegex: { regex: `/${costly}`, replacement: '/x' } }],
    [{ stripPrefixRegex: { regex: [`^/${costly}`] } }],
  ])('refuse a request that would take too much work: %j', async (middleware) => {
    const { send } = await startGatewayWith({ one: middleware });
    const refused = await send(`/${'a'.repeat(4000)}`);
    expect(refused).toMatchObject({ status: 400, seen: undefined });
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'expression_too_expensive' });
  });

  it('send no line break of a caller in X-Forwarded-Prefix', async () => {
    const { send } = await startGatewayWith({ one: { stripPrefixRegex: { regex: ['^(?s)/a.b'] } } });
    const { seen } = await send('/a%0Ab/c');
    expect(seen?.target).toBe('/c');
    expect(valuesOf(seen?.headers, 'x-forwarded-prefix')).toEqual(['/a%0Ab']);
  });

  it('create no path outside of the route', async () => {
    const { send } = await startGatewayWith({
      strip: { stripPrefixRegex: { regex: ['^/open'] } },
      add: { addPrefix: { prefix: '/v2' } },
    });
    expect(await send('/open../admin')).toMatchObject({ status: 400, seen: undefined });
    const { send: sendReplaced } = await startGatewayWith({
      one: { replacePathRegex: { regex: '^/x(.*)$', replacement: '/v2$1' } },
    });
    expect((await sendReplaced('/x/../../admin')).seen?.target).toBe('/admin');
    expect((await sendReplaced('/x%2e%2e/admin')).seen?.target).toBe('/v2../admin');
    const { send: sendOut } = await startGatewayWith({
      one: { replacePathRegex: { regex: '^/x(.*)$', replacement: '/v2/$1' } },
    });
    expect((await sendOut('/x../admin')).seen?.target).toBe('/admin');
    expect((await sendOut('/x..;/admin')).status).toBe(400);
  });

  it('do not redirect when the new URL is invalid', async () => {
    const { send } = await startGatewayWith({
      one: { redirectRegex: { regex: '.*', replacement: 'http://a b/' } },
    });
    const refused = await send('/');
    expect(refused).toMatchObject({ status: 502, seen: undefined });
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'redirect_invalid' });
  });
});

describe('encodedCharacters', () => {
  const encodedCharacters = {
    allowEncodedSlash: true,
    allowEncodedBackSlash: true,
    allowEncodedNullCharacter: true,
    allowEncodedSemicolon: true,
    allowEncodedPercent: true,
    allowEncodedQuestionMark: true,
    allowEncodedHash: true,
  };
  // Traefik's TestEncodedCharacters, at an entry point that allows every character.
  it.each([
    ['%2f', 'allowEncodedSlash'],
    ['%5c', 'allowEncodedBackSlash'],
    ['%00', 'allowEncodedNullCharacter'],
    ['%3b', 'allowEncodedSemicolon'],
    ['%25', 'allowEncodedPercent'],
    ['%3f', 'allowEncodedQuestionMark'],
    ['%23', 'allowEncodedHash'],
  ])('refuses %s unless %s is true', async (code, option) => {
    const options = { encodedCharacters };
    const { send } = await startGatewayWith({ one: { encodedCharacters: {} } }, options);
    const refused = await send(`/foo${code}bar`);
    expect(refused).toMatchObject({ status: 400, seen: undefined });
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'encoded_character_not_allowed' });
    expect((await send(`/foo?a=${code}`)).status).toBe(200);
    const { send: sendAllowed } = await startGatewayWith(
      { one: { encodedCharacters: { [option]: true } } },
      options,
    );
    expect((await sendAllowed(`/foo${code}bar`)).status).toBe(200);
  });
});
