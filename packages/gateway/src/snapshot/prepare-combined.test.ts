import { describe, expect, it } from 'vitest';
import { systemClock } from '@grantgate/middleware/base/clock';
import { createStores } from '@grantgate/middleware/cache/stores';
import { createTokenCache } from '@grantgate/middleware/cache/token-cache';
import { parseDocuments } from '../config/parse-documents.ts';
import type { Step } from '../middlewares/step.ts';
import { createTranslate, translate } from '../providers/translate/translate.ts';
import { createServices } from '../upstream/create-upstream.ts';
import { createBuild } from './build.ts';
import { createPrepare } from './prepare.ts';
import type { PreparedConfiguration } from './prepared.ts';

const sources = { env: {}, entryPoints: undefined, realPath: (path: string) => path, readFile: () => '' };
const createPrepareText = () => {
  const prepare = createPrepare(sources);
  return (text: string): PreparedConfiguration => {
    const { documents, problems } = parseDocuments(text, 'routes.yaml');
    return prepare(translate(documents, problems));
  };
};
const shown = ({ problems }: PreparedConfiguration): string[] =>
  problems.map(({ place, path, message }) => `${place.line}:${place.column} ${path}: ${message}`);

const toRoutes = (middlewares: string): string => `http:
  routers:
    api: { rule: "PathPrefix(\`/\`)", middlewares: [either], service: echo }
  services:
    echo: { loadBalancer: { servers: [{ url: "http://127.0.0.1:1" }] } }
  middlewares:
${middlewares.replace(/^/gm, '    ')}`;
const client = (url = 'https://as.example/token') =>
  `{ plugin: { oAuthClientCredentials: { url: "${url}" } } }`;
const user = '{ basicAuth: { users: ["test:$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/"] } }';
const own =
  '{ plugin: { oAuthClientCredentials: { url: "https://as.example/token", clientID: a, clientSecret: b } } }';

describe('authenticators', () => {
  it('are one step of a route', () => {
    const prepared = createPrepareText()(
      toRoutes(
        `either: { plugin: { authenticators: { any: [client, user] } } }\nclient: ${client()}\nuser: ${user}`,
      ),
    );
    expect(shown(prepared)).toEqual([]);
    expect(prepared.routers).toMatchObject([{ steps: ['either@file'], broken: undefined }]);
  });

  it.each([
    [`own: ${own}`, 'own', '7:55 either@file.ANY[1]: own@file does not authenticate callers'],
    ['strip: { stripPrefix: { prefixes: [/a] } }', 'strip', 'strip@file does not authenticate callers'],
    [`all: { chain: { middlewares: [user] } }`, 'all', 'all@file does not authenticate callers'],
    ['', 'nobody', 'there is no middleware nobody@file'],
    ['', 'either', 'either@file refers back to either@file'],
    ['bad: { plugin: { apiKey: { keySource: {} } } }', 'bad', 'bad@file'],
  ])('that include a middleware of another kind refuse every request: %s', (more, name, problem) => {
    const prepared = createPrepareText()(
      toRoutes(`either: { plugin: { authenticators: { ANY: [user, ${name}] } } }\nuser: ${user}\n${more}`),
    );
    expect(shown(prepared).join('\n')).toContain(problem);
    expect(prepared.routers).toMatchObject([{ broken: expect.stringContaining('is invalid') as string }]);
  });

  it('stay the same step while their members do, and change with a member', async () => {
    const built: (Step | undefined)[] = [];
    const clock = systemClock;
    const build = createBuild({
      services: createServices({ clock }),
      middlewares: { clock, cache: createTokenCache({ clock }), stores: createStores({ clock }) },
      entryPoints: new Map([['web', { tls: false, routes: true }]]),
      onSteps: (steps) => built.push(steps.get('either@file')),
    });
    const prepare = createPrepare(sources);
    const translateNext = createTranslate();
    const parse = (file: string, middlewares: string) =>
      parseDocuments(`http: { middlewares: { ${middlewares} } }`, file).documents;
    const fixed = parse(
      'a.yaml',
      `either: { plugin: { authenticators: { any: [client, user] } } }, user: ${user}`,
    );
    const [first, other] = [client(), client('https://other.example/token')].map((one) =>
      parse('b.yaml', `client: ${one}`),
    );
    const runtimes = [first!, first!, other!].map((documents, at) => {
      const more = parse('c.yaml', `strip: { stripPrefix: { prefixes: [/${at}] } }`);
      const parts = build(prepare(translateNext([...fixed, ...documents, ...more])));
      for (;;) {
        const next = parts.next();
        if (next.done === true) return next.value;
      }
    });
    expect(built).toHaveLength(3);
    expect(built[0]).toBeDefined();
    expect(built[1]).toBe(built[0]);
    expect(built[2]).not.toBe(built[0]);
    await Promise.all(runtimes.map((runtime) => runtime.close()));
  });

  it('of a Kubernetes Middleware name others of their namespace', () => {
    const prepared = createPrepareText()(`
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: { name: either, namespace: apps }
spec: { plugin: { authenticators: { any: [{ name: user }, { name: client }] } } }
---
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: { name: client, namespace: apps }
spec: ${client()}
---
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: { name: user, namespace: apps }
spec: { plugin: { apiKey: { keySource: { header: X-Key }, secretValues: ["urn:k8s:secret:keys:a"] } } }
---
apiVersion: v1
kind: Secret
metadata: { name: keys, namespace: apps }
stringData: { a: "{SHA256}n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=" }
`);
    expect(shown(prepared)).toEqual([]);
    expect(prepared.named.get('apps-either@kubernetescrd')).toMatchObject({
      steps: ['apps-either@kubernetescrd'],
      broken: undefined,
    });
  });
});
