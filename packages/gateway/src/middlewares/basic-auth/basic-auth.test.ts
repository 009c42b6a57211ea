import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anySpellingOf } from '../../../../testkit/src/header-spellings.ts';
import { createFakeClock } from '../../../../testkit/src/fake-clock.ts';
import { parseDocuments } from '../../config/parse-documents.ts';
import type { ClusterObject } from '../../providers/kubernetes/documents.ts';
import { secretsOf } from '../../providers/kubernetes/references.ts';
import { translate } from '../../providers/translate/translate.ts';
import { createPrepareMiddlewares } from '../../snapshot/prepare-middleware.ts';
import { compileMiddlewares, startGatewayWith, valuesOf } from '../middlewares.testkit.ts';
import { createAuthenticate } from './authenticator.ts';
import { basicAuth } from './kind.ts';
import { parseUsers } from './users.ts';

/** From Traefik's tests: the password equals the name. */
const test = 'test:$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/';
const test2 = 'test2:$apr1$d9hr9HBB$4HxwgUir3HP4EsggP/QNo0';
const test3 = 'test3:$apr1$3rJbDP0q$RfzJiorTk78jQ1EcKqWso0';
const overridden = 'test2:$apr1$mK.GtItK$ncnLYvNLek0weXdxo68690';
const bcrypt = 'bcrypt:$2a$04$.8sTYfcxbSplCtoxt5TdJOgpBYkarKtZYsYfYxQ1edbYRuO1DNi0e';
const sha = `sha:{SHA}${createHash('sha1').update('sécret').digest('base64')}`;

const basic = (user: string, password: string) =>
  ['Authorization', `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`] as const;
const start = (options: object, more?: Parameters<typeof startGatewayWith>[1]) =>
  startGatewayWith({ one: { basicAuth: options } }, more);

describe('basicAuth', () => {
  it.each([
    [[test], 'test', 'test', 200],
    [[test], 'test', 'tesT', 401],
    [[test], 'foo', 'foo', 401],
    [[bcrypt], 'bcrypt', 'test', 200],
    [[bcrypt.replace('$2a$', '$2y$')], 'bcrypt', 'test', 200],
    [[bcrypt], 'bcrypt', 'Test', 401],
    [[sha], 'sha', 'sécret', 200],
    [[sha], 'sha', 'secret', 401],
    [[`${test}\n# comment\n\n${test2}`], 'test2', 'test2', 200],
    [[test2, overridden], 'test2', 'overridden', 200],
    [[test2, overridden], 'test2', 'test2', 401],
  ])('of %j: %s with %s gets %i', async (users, user, password, status) => {
    const { send } = await start({ users });
    for (let count = 0; count < 2; count += 1) {
      const answer = await send('/', [basic(user, password)]);
      expect(answer.status).toBe(status);
      expect(answer.seen === undefined).toBe(status !== 200);
    }
  });

  it.each(['', 'traefik', 'trae"fiker'])('names the realm %j in its challenge', async (realm) => {
    const { send } = await start({ users: [test], realm });
    const refused = await send('/', [basic('foo', 'foo')]);
    expect(refused.status).toBe(401);
    const shown = realm === '' ? 'traefik' : realm.replace('"', '\\"');
    expect(valuesOf(refused.headers, 'www-authenticate')).toEqual([`Basic realm="${shown}"`]);
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'login_required' });
  });

  it('challenges requests without valid credentials', async () => {
    const { send } = await start({ users: [test] });
    for (const value of [undefined, 'Bearer abc', 'Basic', 'Basic !!', `Basic ${btoa('nocolon')}`]) {
      const { status, headers } = await send('/', value === undefined ? [] : [['Authorization', value]]);
      expect([status, ...valuesOf(headers, 'www-authenticate')]).toEqual([401, 'Basic realm="traefik"']);
    }
  });

  it('sends the server the user in a header that no caller can forge, and removes Authorization on request', async () => {
    const { send } = await start({ users: [test], headerField: 'X-Webauth-User', removeHeader: true });
    await fc.assert(
      fc.asyncProperty(anySpellingOf('X-Webauth-User'), async (spelling) => {
        const { seen } = await send('/', [basic('test', 'test'), [spelling, 'forged']]);
        expect(JSON.stringify(seen?.headers)).not.toContain('forged');
        expect(valuesOf(seen?.headers, 'x-webauth-user')).toEqual(['test']);
        expect(valuesOf(seen?.headers, 'authorization')).toEqual([]);
      }),
      { numRuns: 20 },
    );
    const { send: sendPlain } = await start({ users: [test] });
    const own = basic('test', 'test');
    expect(valuesOf((await sendPlain('/', [own])).seen?.headers, 'authorization')).toEqual([own[1]]);
  });

  it('reports problems with their positions, without any hash', () => {
    const { problems, steps } = compileMiddlewares(`
a: { basicAuth: { users: ["test", "user:plain-text", "a:$$apr1$$H6uskkkW$$IgXLP6ewTrSuBkTrqE8wj/"] } }
b: { basicAuth: {} }
c: { basicAuth: { usersFile: /nowhere/users, secret: users } }
d: { basicAuth: { users: ["x:$2y$31$.8sTYfcxbSplCtoxt5TdJOgpBYkarKtZYsYfYxQ1edbYRuO1DNi0e"] } }
`);
    expect(problems).toEqual([
      '4:32 a@file.users[0]: expected NAME:HASH, as htpasswd writes it',
      expect.stringMatching(/a@file\.users\[1\]: expected a hash by bcrypt, Argon2, .*: this user cannot/),
      expect.stringContaining('a@file.users[2]: expected a hash without doubled $ signs'),
      expect.stringContaining('b@file: set users, usersFile or secret'),
      expect.stringContaining('c@file.usersFile: urn:file:/nowhere/users: the file /nowhere/users'),
      expect.stringContaining('c@file.secret: secret is for Kubernetes'),
      expect.stringContaining('d@file.users[0]: expected a cost of bcrypt from 4 to 14'),
    ]);
    expect(problems.join('\n')).not.toMatch(/plain-text|IgXL|gpBY/);
    expect(steps).toHaveLength(1);
  });
});

/** Users, or problems, of the middlewares in a text; repeated for the same text with other files. */
function prepare(text: string) {
  const { documents, problems } = parseDocuments(text, 'routes.yaml');
  const { middlewares, secrets, unreadSecrets } = translate(documents, problems);
  const prepareAll = createPrepareMiddlewares();
  return (file: string) =>
    [
      ...prepareAll(middlewares, {
        env: {},
        realPath: (path) => path,
        readFile: () => file,
        secrets,
        unreadSecrets,
      }).values(),
    ].map((read) => {
      const users = basicAuth.optionsOf(read)?.users;
      return users === undefined ? read.problems.map(({ message }) => message) : users;
    });
}

describe('users', () => {
  // Traefik's TestBasicAuthUsersFromFile.
  it.each([
    [`${test}\n${test2}\n`, [], [test, test2]],
    [`${test}\n`, [test2, test3], [test, test2, test3]],
    [`${test}\n${test2}\n`, [overridden], [test, overridden]],
    [`#Comment\n${test}\r\n\n${test2}\n`, [], [test, test2]],
  ])('of the file %j and of %j are merged', (file, users, expected) => {
    const read = prepare(
      JSON.stringify({ http: { middlewares: { a: { basicAuth: { users, usersFile: '/users' } } } } }),
    );
    expect(read(file)).toEqual([new Map(expected.map((line) => line.split(':') as [string, string]))]);
  });

  it('are read again when their file changes, and invalid lines are reported', () => {
    const read = prepare('{"http":{"middlewares":{"a":{"basicAuth":{"usersFile":"/users"}}}}}');
    const [first] = read(test);
    expect(read(test)[0]).toBe(first);
    expect(read(`${test}\n${test2}`)[0]).toHaveProperty('size', 2);
    expect(read(`${test}\nsecret-text`)).toEqual([['/users:2: expected NAME:HASH, as htpasswd writes it']]);
  });

  const manifests = (data: object) =>
    [
      {
        apiVersion: 'traefik.io/v1alpha1',
        kind: 'Middleware',
        metadata: { name: 'login', namespace: 'apps' },
        spec: { basicAuth: { secret: 'people' } },
      },
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'people', namespace: 'apps' }, stringData: data },
    ]
      .map((object) => JSON.stringify(object))
      .join('\n---\n');

  it.each([
    [{ users: `${test}\n${test2}\n` }, [test, test2]],
    [{ anything: test }, [test]],
    [{ username: 'sha', password: 'sécret' }, [sha]],
  ])('of the Secret %j are those of a Kubernetes middleware', (data, lines) => {
    expect(prepare(manifests(data))('')).toEqual([
      new Map(lines.map((line) => line.split(':') as [string, string])),
    ]);
  });

  it('of a Secret that cannot be read are an error', () => {
    expect(prepare(manifests({ a: test, b: test2 }))('')).toEqual([
      ['the Secret apps/people has 2 keys: expected one, or username and password'],
    ]);
    const [middleware = ''] = manifests({}).split('\n---\n');
    expect(prepare(middleware)('')).toEqual([
      ['urn:k8s:secret:people:users: there is no Secret apps/people'],
    ]);
  });

  it('are in a Secret that the gateway must read from a cluster', () => {
    const { documents } = parseDocuments(manifests({}), 'routes.yaml');
    const [document] = documents;
    expect(document && secretsOf({ namespace: 'apps', document } as ClusterObject)).toEqual(
      new Set(['apps/people']),
    );
  });
});

describe('authentication', () => {
  const { users } = parseUsers([bcrypt, test].join('\n'));
  const counted = (result: number | undefined) => {
    const asked: string[] = [];
    const checks = {
      find(password: string, hashes: readonly string[]) {
        asked.push(`${password} ${hashes.join(' ')}`);
        return Promise.resolve(result);
      },
    };
    return { asked, checks };
  };

  it('checks a correct password once in five minutes, and shares a check among concurrent requests', async () => {
    const clock = createFakeClock();
    const { asked, checks } = counted(0);
    const authenticate = createAuthenticate(users, checks, clock);
    expect(
      await Promise.all([authenticate('test', 'a', '192.0.2.1'), authenticate('test', 'a', '192.0.2.1')]),
    ).toEqual([true, true]);
    expect(authenticate('test', 'a', '192.0.2.1')).toBe(true);
    expect(asked).toHaveLength(1);
    await clock.advance(5 * 60_000);
    expect(await authenticate('test', 'a', '192.0.2.1')).toBe(true);
    expect(asked).toHaveLength(2);
  });

  it('checks a wrong password each time, and remembers no failed check', async () => {
    for (const [found, result] of [
      [-1, false],
      [undefined, undefined],
    ] as const) {
      const { asked, checks } = counted(found);
      const authenticate = createAuthenticate(users, checks, createFakeClock());
      expect(await authenticate('test', 'a', '192.0.2.1')).toBe(result);
      expect(await authenticate('test', 'a', '192.0.2.1')).toBe(result);
      expect(asked).toHaveLength(2);
    }
  });

  it('does the same work for an unknown name, and refuses it with any password', async () => {
    const { asked, checks } = counted(0);
    const authenticate = createAuthenticate(users, checks, createFakeClock());
    expect(await authenticate('nobody', 'a', '192.0.2.1')).toBe(false);
    expect(await authenticate('nobody', 'b', '192.0.2.1')).toBe(false);
    const [first = '', second = ''] = asked;
    expect([...users.values()]).toContain(first.slice(2));
    // The same user each time: two durations for one name would reveal that no user has it.
    expect(second.slice(2)).toBe(first.slice(2));
  });
});
