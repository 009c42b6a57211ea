import { createHash } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createFakeClock } from '../../../../testkit/src/fake-clock.ts';
import type { StepRequest } from '../step.ts';
import { compileMiddlewares, startGatewayWith, valuesOf } from '../middlewares.testkit.ts';
import { createApiKeyRefusals, createVerify } from './create-verify.ts';
import { parseApiKeyOptions } from './options.ts';

/** Of `htpasswd -nbB "" foo`, with a low cost. */
const bcryptOfTest = '$2y$04$.8sTYfcxbSplCtoxt5TdJOgpBYkarKtZYsYfYxQ1edbYRuO1DNi0e';
const ssha256 = (key: string): string =>
  `{SSHA256}${Buffer.concat([createHash('sha256').update(key).update('salt').digest(), Buffer.from('salt')]).toString('base64')}`;
const bearer = { header: 'Authorization', headerAuthScheme: 'Bearer' };
const start = (options: object, more?: Parameters<typeof startGatewayWith>[1]) =>
  startGatewayWith({ one: { plugin: { apiKey: { secretNonBase64Encoded: true, ...options } } } }, more);

describe('apiKey', () => {
  it('lets callers pass whose key has a hash in secretValues, as in the guide of Traefik Hub', async () => {
    const { send } = await start({ keySource: bearer, secretValues: [ssha256('other'), bcryptOfTest] });
    for (const [value, status] of [
      ['Bearer test', 200],
      ['Bearer test', 200],
      ['bearer other', 200],
      ['Bearer tesT', 401],
      ['Bearer tesT', 401],
    ] as const) {
      const passage = await send('/', [['Authorization', value]]);
      expect(passage.status).toBe(status);
      expect(valuesOf(passage.seen?.headers, 'authorization')).toEqual([]);
    }
  });

  it.each([
    [{ header: 'X-API-Key' }, '/a', ['X-API-Key', 'k'], '/a', 'ApiKey realm="grantgate", header="X-API-Key"'],
    [{ query: 'key' }, '/a?b=1&key=k&c=2', undefined, '/a?b=1&c=2', 'ApiKey realm="grantgate", query="key"'],
    [{ cookie: 'key' }, '/a', ['Cookie', 'x=1; key=k'], '/a', 'ApiKey realm="grantgate", cookie="key"'],
    [bearer, '/a', ['Authorization', 'Bearer k'], '/a', 'Bearer realm="grantgate"'],
  ] as const)(
    'reads the key from %j, and keeps it from the server',
    async (keySource, target, header, seen, challenge) => {
      const { send } = await start({ keySource, secretValues: [ssha256('k')] });
      const passage = await send(target, header === undefined ? [] : [header]);
      expect(passage.status).toBe(200);
      expect(passage.seen?.target).toBe(seen);
      expect(JSON.stringify(passage.seen?.headers)).not.toMatch(/"k"|key=k|Bearer k/);
      const refused = await send('/a');
      expect(refused.status).toBe(401);
      expect(valuesOf(refused.headers, 'www-authenticate')).toEqual([challenge]);
      expect(JSON.parse(refused.body)).toMatchObject({ code: 'credentials_missing' });
    },
  );

  it('reads keys in Base64 by default, as Traefik Hub does', async () => {
    const { send } = await start({
      keySource: { header: 'X-Key' },
      secretNonBase64Encoded: undefined,
      secretValues: [ssha256('ключ?>')],
    });
    const encoded = Buffer.from('ключ?>');
    for (const [value, status] of [
      [encoded.toString('base64'), 200],
      [encoded.toString('base64url'), 200],
      ['ключ'.normalize('NFD'), 401],
      ['/w==', 401],
      ['not base64!', 401],
      ['plain', 401],
    ] as const)
      expect((await send('/', [['X-Key', Buffer.from(value).toString('latin1')]])).status).toBe(status);
  });

  it('identifies each key by its ID, with claims for predicate, headers, log and limits', async () => {
    const { gateway, send } = await start({
      keySource: { header: 'X-Key' },
      keys: [
        { id: 'ada', secretValue: ssha256('a'), claims: { tier: 'gold', quota: 10 } },
        { id: 'bob', secretValue: ssha256('b'), claims: { tier: 'free' } },
      ],
      secretValues: [`carol:${ssha256('c')}`],
      claims: 'Equals(`tier`, `gold`) || Equals(`sub`, `carol`)',
      forwardHeaders: { 'X-Caller': 'sub', 'X-Quota': 'quota' },
    });
    const ada = await send('/', [
      ['X-Key', 'a'],
      ['X-Caller', 'forged'],
    ]);
    expect(ada.status).toBe(200);
    expect([valuesOf(ada.seen?.headers, 'x-caller'), valuesOf(ada.seen?.headers, 'x-quota')]).toEqual([
      ['ada'],
      ['10'],
    ]);
    const bob = await send('/', [['X-Key', 'b']]);
    expect([bob.status, JSON.parse(bob.body)]).toMatchObject([403, { code: 'claims_not_satisfied' }]);
    expect((await send('/', [['X-Key', 'c']])).status).toBe(200);
    await gateway.recorded(3);
    expect(gateway.records.map(({ clientUsername }) => clientUsername)).toEqual(['ada', 'bob', 'carol']);
  });

  it('forwards the key on demand', async () => {
    const { send } = await start({
      keySource: { header: 'X-Key' },
      secretValues: [ssha256('k')],
      forwardAuthorization: true,
    });
    expect(valuesOf((await send('/', [['X-Key', 'k']])).seen?.headers, 'x-key')).toEqual(['k']);
  });

  it('identifies a key without an ID by its hash, which reveals nothing of the key', () => {
    const idOf = (value: string) =>
      parseApiKeyOptions({ keySource: { query: 'k' }, secretValues: [value] }).options?.keys[0]?.id;
    expect(idOf(bcryptOfTest)).toMatch(/^key-[0-9a-f]{8}$/);
    expect(idOf(`:${bcryptOfTest}`)).toBe(idOf(bcryptOfTest));
    expect(idOf(`ada:${bcryptOfTest}`)).toBe('ada');
  });

  it('reports problems with their positions, without any hash', () => {
    const { problems, steps } = compileMiddlewares(`
a: { plugin: { apiKey: { keySource: {}, secretValues: ["hunter2"] } } }
b: { plugin: { apiKey: { keySource: { header: X-Key } } } }
c: { plugin: { apiKey: { keySource: { headerAuthScheme: Bearer, query: "k k" }, secretValues: ["urn:k8s:secret:keys:a"] } } }
d: { plugin: { apiKey: { keySource: { cookie: k }, secretValues: ["{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=", "$$2y$$x"] } } }
e: { plugin: { apiKey: { keysource: { header: k }, keys: [{ id: a, secretValue: "x:y:z" }, { secretvalue: "hunter3" }] } } }
`);
    expect(problems).toEqual([
      '4:30 a@file.keySource: set header, query or cookie',
      expect.stringMatching(/^4:\d+ a@file\.secretValues\[0\]: expected a hash by bcrypt/),
      expect.stringContaining('b@file: set secretValues, or keys'),
      expect.stringContaining('c@file.keySource.headerAuthScheme: expected header beside it'),
      expect.stringContaining('c@file.keySource.query: expected the name of a query parameter'),
      expect.stringContaining('c@file.secretValues[0]: urn:k8s:secret:keys:a: there is no Secret'),
      expect.stringContaining('d@file.secretValues[0]: SHA-1 is fast to guess'),
      expect.stringContaining('d@file.secretValues[1]: expected a hash without doubled $ signs'),
      expect.stringContaining('e@file.keys[0].secretValue: expected ID:HASH'),
      expect.stringContaining('e@file.keys[1].id: is required'),
      expect.stringContaining('e@file.keys[1].secretvalue: expected a hash by'),
    ]);
    expect(problems.join('\n')).not.toMatch(/hunter|qUqP|x:y/);
    expect(steps).toHaveLength(0);
  });

  it('warns about a weak hash, and about many slow ones', () => {
    const parse = (secretValues: readonly string[]) =>
      parseApiKeyOptions({ keySource: { header: 'k' }, secretValues });
    expect(parse(['{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=', bcryptOfTest])).toMatchObject({
      options: { keys: [{}, {}] },
      problems: [{ severity: 'warning', code: 'insecure', path: ['secretValues', 0] }],
    });
    const many = Array.from({ length: 11 }, () => bcryptOfTest).join('\n');
    expect(parse([`# comment\n${many}`]).problems).toMatchObject([
      { severity: 'warning', code: 'slow_hashes' },
    ]);
  });
});

describe('the check of an API key', () => {
  const { options } = parseApiKeyOptions({
    keySource: { header: 'k' },
    secretNonBase64Encoded: true,
    secretValues: [ssha256('k')],
  });
  const request = {
    facts: { trusted: false, remoteAddress: '192.0.2.1', rawHeaders: [] },
  } as unknown as StepRequest;
  const { refused } = createApiKeyRefusals('ApiKey');

  it('is refused with 503 when it cannot be made now, and is not remembered', async () => {
    const verify = createVerify(options!, { find: () => Promise.resolve(undefined) }, refused);
    expect(await verify('k', undefined, request)).toEqual({
      kind: 'refusal',
      deny: expect.objectContaining({ code: 'credentials_busy', status: 503 }) as unknown,
    });
  });

  it('is made once for a valid key, and once in ten seconds for a wrong one', async () => {
    const clock = createFakeClock();
    const { steps } = compileMiddlewares(
      {
        one: {
          plugin: {
            apiKey: {
              keySource: { header: 'k' },
              secretNonBase64Encoded: true,
              secretValues: [bcryptOfTest],
            },
          },
        },
      },
      clock,
    );
    const [step] = steps;
    onTestFinished(() => step!.close!());
    const send = (key: string) =>
      step!.onRequest({
        facts: request.facts,
        authorization: undefined,
        target: '/',
        header: (name: string) => (name === 'k' ? key : undefined),
      } as unknown as StepRequest);
    expect(await send('test')).toMatchObject({ allowed: true });
    await clock.advance(100 * 24 * 3_600_000);
    expect(send('test')).toMatchObject({ allowed: true, subject: { expiresAt: undefined } });
    expect(await send('wrong')).toBe(send('wrong'));
    await clock.advance(10_001);
    expect(send('wrong')).toBeInstanceOf(Promise);
  });
});
