import { describe, expect, it } from 'vitest';
import { parseDocuments } from '../config/parse-documents.ts';
import { parseInstall } from '../config/parse-install.ts';
import { translate } from '../providers/translate/translate.ts';
import { toEntryPointFacts } from './entry-points.ts';
import { createPrepare, type PrepareSources } from './prepare.ts';

const sourcesOf = (entryPoints: string): PrepareSources => ({
  env: {},
  realPath: (path) => path,
  readFile: () => '',
  entryPoints: toEntryPointFacts(
    parseInstall(`entryPoints: ${entryPoints}`, 'traefik.yml').config!.entryPoints,
  ),
});

const routes = (routers: string): ReturnType<typeof translate> => {
  const { documents, problems } = parseDocuments(
    `http:
  routers: ${routers}
  middlewares:
    first: { addPrefix: { prefix: /first } }
    second: { addPrefix: { prefix: /second } }
  services:
    echo: { loadBalancer: { servers: [{ url: "http://127.0.0.1:1" }] } }
`,
    'routes.yaml',
  );
  return translate(documents, problems);
};

const prepared = (entryPoints: string, routers: string) => {
  const { routers: list, problems } = createPrepare(sourcesOf(entryPoints))(routes(routers));
  return {
    routers: list.map(({ config, steps, broken }) => ({
      name: config.name,
      entryPoints: config.entryPoints,
      steps,
      broken,
    })),
    told: problems.map(({ severity, path, message }) => `${severity} ${path}: ${message}`),
  };
};

const api = '{ api: { rule: "PathPrefix(`/`)", middlewares: [second], service: echo } }';
const web = 'web: { address: ":80" }';
const secure = 'websecure: { address: ":443", http: { middlewares: [first@file] } }';

describe('middlewares of an entry point', () => {
  it('run before those of each of its routers, which is named as in Traefik', () => {
    expect(prepared(`{ ${secure} }`, api)).toEqual({
      routers: [
        {
          name: 'api@file',
          entryPoints: ['websecure'],
          steps: ['first@file', 'second@file'],
          broken: undefined,
        },
      ],
      told: [],
    });
    expect(prepared(`{ ${web}, ${secure} }`, api).routers).toEqual([
      {
        name: 'websecure-api@file',
        entryPoints: ['websecure'],
        steps: ['first@file', 'second@file'],
        broken: undefined,
      },
      { name: 'api@file', entryPoints: ['web'], steps: ['second@file'], broken: undefined },
    ]);
  });

  it('make every router refuse if one is missing, and are reported once', () => {
    const { routers, told } = prepared(
      `{ websecure: { address: ":443", http: { middlewares: [fist@file] } } }`,
      '{ a: { rule: "Path(`/a`)", service: echo }, b: { rule: "Path(`/b`)", service: echo } }',
    );
    expect(routers.map(({ broken }) => broken)).toEqual([
      expect.stringContaining('fist@file'),
      expect.stringContaining('fist@file'),
    ]);
    expect(told).toEqual([
      'error entryPoints.websecure.http.middlewares: there is no middleware fist@file, so every route of the entry point websecure refuses: did you mean first@file?',
    ]);
  });

  it('do not repeat the problems of a router, and leave a router with an unknown entry point broken', () => {
    const two =
      'one: { address: ":1", http: { middlewares: [first@file] } }, two: { address: ":2", http: { middlewares: [second@file] } }';
    expect(prepared(`{ ${two} }`, '{ api: { rule: "Path(", service: echo } }').told).toHaveLength(1);
    const { routers, told } = prepared(
      `{ ${two} }`,
      '{ api: { rule: "Path(`/`)", entryPoints: [one, tow], service: echo } }',
    );
    expect(routers).toMatchObject([{ name: 'api@file', broken: expect.stringContaining('tow') as string }]);
    expect(told).toEqual(['error api@file.entryPoints[1]: there is no entry point tow: did you mean two?']);
  });

  it('leave an unchanged router the same object', () => {
    const prepare = createPrepare(sourcesOf(`{ ${web}, ${secure} }`));
    const configuration = routes(api);
    const [first, second] = [prepare(configuration).routers, prepare({ ...configuration }).routers];
    expect(second).toHaveLength(2);
    second.forEach((router, index) => expect(router).toBe(first[index]));
  });
});

describe('routers without an entry point', () => {
  it.each([
    [
      '{ web: { address: ":1" }, other: { address: ":2" }, traefik: { address: ":3" }, admin: { address: ":4" } }',
      ['web', 'other'],
    ],
    ['{ web: { address: ":1" }, other: { address: ":2", asDefault: true } }', ['other']],
    ['{ web: { address: ":1" }, traefik: { address: ":2", asDefault: true } }', []],
  ])('are served as in Traefik by %s', (entryPoints, names) => {
    const facts = sourcesOf(entryPoints).entryPoints!;
    expect([...facts].flatMap(([name, { byDefault }]) => (byDefault === true ? [name] : []))).toEqual(names);
  });
});

describe('a redirection of an entry point', () => {
  const redirecting = (more: string): string =>
    `{ web: { address: ":80", ${more} http: { redirections: { entryPoint: { to: websecure } } } }, websecure: { address: ":8443" } }`;

  it('is a router before all others, with redirectScheme', () => {
    const { routers, steps, problems } = createPrepare(sourcesOf(redirecting('')))(routes(api));
    expect(problems).toEqual([]);
    expect(routers.at(-1)).toMatchObject({
      config: {
        name: 'web-to-websecure@internal',
        rule: 'HostRegexp(`^.+$`)',
        entryPoints: ['web'],
        priority: Number.MAX_SAFE_INTEGER - 1,
      },
      steps: ['redirect-web-to-websecure@internal'],
      broken: undefined,
    });
    expect(steps.has('redirect-web-to-websecure@internal')).toBe(true);
  });

  it('may leave ACME challenges to routes', () => {
    const { routers } = createPrepare(sourcesOf(redirecting('allowACMEByPass: true,')))(routes(api));
    expect(routers.at(-1)!.config.rule).toBe(
      'HostRegexp(`^.+$`) && !PathPrefix(`/.well-known/acme-challenge/`)',
    );
  });
});
