import { describe, expect, it } from 'vitest';
import { parseDocuments } from '../config/parse-documents.ts';
import { translate } from '../providers/translate/translate.ts';
import { oAuthClientCredentials } from '../middlewares/oauth-client-credentials/kind.ts';
import { entryPointsOf } from './entry-points.ts';
import type { PrepareSources } from './prepare.ts';
import { prepare } from './prepare.ts';
import type { PreparedConfiguration } from './prepared.ts';

const sources: PrepareSources = {
  env: { ID: 'app', SECRET: 's3cr3t' },
  realPath: (path) => path,
  readFile: () => {
    throw Object.assign(new Error('no'), { code: 'ENOENT' });
  },
  entryPoints: new Map([
    ['web', { tls: false, routes: true }],
    ['websecure', { tls: true, routes: true }],
    ['admin', { tls: false, routes: true }],
  ]),
};

function prepareText(text: string, changes: Partial<PrepareSources> = {}): PreparedConfiguration {
  const { documents, problems } = parseDocuments(text, 'routes.yaml');
  return prepare(translate(documents, problems), { ...sources, ...changes });
}

const shown = ({ problems }: PreparedConfiguration): string[] =>
  problems.map(
    ({ severity, place, path, message }) => `${severity} ${place.line}:${place.column} ${path}: ${message}`,
  );

const services = `
  services:
    echo: { loadBalancer: { servers: [{ url: "http://127.0.0.1:1" }] } }
`;

describe('a prepared configuration', () => {
  it('has compiled rules, resolved secrets and flattened chains', () => {
    const prepared = prepareText(`http:
  routers:
    api: { rule: "Path(\`/\`)", middlewares: [both], service: echo }
  middlewares:
    both: { chain: { middlewares: [one, inner] } }
    inner: { chain: { middlewares: [two] } }
    one: { plugin: { oAuthClientCredentials: { url: "https://as.example/token", clientID: "urn:env:ID", clientSecret: "urn:env:SECRET" } } }
    two: { plugin: { oAuthClientCredentials: { url: "https://as.example/token" } } }${services}`);
    expect(prepared.problems).toEqual([]);
    expect(prepared.routers).toMatchObject([{ steps: ['one@file', 'two@file'], broken: undefined }]);
    const options = oAuthClientCredentials.optionsOf(prepared.steps.get('one@file')!)!;
    expect(options.clientID).toBe('app');
    expect(options.clientSecret!.reveal()).toBe('s3cr3t');
  });

  it('breaks a router whose error pages come from an invalid service', () => {
    const prepared = prepareText(`http:
  routers:
    api: { rule: "Path(\`/\`)", middlewares: [pages], service: echo }
  middlewares:
    pages: { errors: { status: ["404"], service: broken } }${services}    broken: { loadBalancer: { servers: [{ url: "ftp://127.0.0.1" }] } }
`);
    expect(prepared.routers).toMatchObject([
      { broken: expect.stringContaining('the service broken@file is invalid') as string },
    ]);
  });

  it('locates a fault inside an expression that is folded over several lines', () => {
    const prepared = prepareText(`http:
  routers:
    folded:
      rule: >-
        Host(\`a\`)
        && Pth(\`/\`)
      service: echo
  middlewares:
    claims:
      plugin:
        oAuthClientCredentials:
          url: "https://as.example/token"
          claims: "Equals(\\"grp\\", \\"admin\\")
            && Equls(\`a\`, \`b\`)"${services}`);
    expect(shown(prepared).map((line) => line.split(':', 2).join(':'))).toEqual([
      'error 6:12 folded@file.rule',
      'error 14:16 claims@file.claims',
    ]);
  });

  it('reports all problems at once, each at its place in the file', () => {
    const prepared = prepareText(`http:
  routers:
    rule: { rule: "Host(\`a\`) && Pth(\`/\`)", service: echo }
    place: { rule: "Path(\`/\`)", service: echo, entryPoints: [wbe, nowhere] }
  middlewares:
    claims:
      plugin:
        oAuthClientCredentials:
          url: https://as.example/token
          claims: |
            Equals(\`grp\`, \`admin\`) &&
            Eqals(\`x\`, \`y\`)
    secret:
      plugin:
        oAuthClientCredentials:
          Url: ftp://x
          clientid: urn:env:NOPE
          clientSecret: x
          audiance: y${services}`);
    expect(shown(prepared)).toEqual([
      'error 3:33 rule@file.rule: unknown function Pth: did you mean Path?',
      'error 4:62 place@file.entryPoints[0]: there is no entry point wbe: did you mean web?',
      'error 4:67 place@file.entryPoints[1]: there is no entry point nowhere: expected one of web, websecure, admin',
      'error 12:13 claims@file.claims: unknown function Eqals: did you mean Equals?',
      'error 16:16 secret@file.Url: expected an absolute https or http URL',
      'error 17:21 secret@file.clientid: urn:env:NOPE: the environment variable NOPE is not set',
      'error 19:11 secret@file.audiance: unknown option audiance: did you mean audience?',
    ]);
  });

  it('isolates a broken middleware: its router refuses requests, while the others serve', () => {
    const prepared = prepareText(`http:
  routers:
    good: { rule: "Path(\`/good\`)", service: echo }
    middleware: { rule: "Path(\`/a\`)", service: echo, middlewares: [broken] }
    chained: { rule: "Path(\`/b\`)", service: echo, middlewares: [chain] }
    service: { rule: "Path(\`/c\`)", service: nowhere }
    missing: { rule: "Path(\`/d\`)", service: echo, middlewares: [nowhere] }
    unreadable: { rule: "Path(", service: echo }
  middlewares:
    chain: { chain: { middlewares: [broken] } }
    broken: { plugin: { oAuthClientCredentials: { url: "urn:file:/nowhere" } } }${services}`);
    const broken = Object.fromEntries(prepared.routers.map(({ config, broken }) => [config.name, broken]));
    expect(broken['good@file']).toBeUndefined();
    expect(broken['middleware@file']).toContain('broken@file');
    expect(broken['chained@file']).toContain('broken@file');
    expect(broken['service@file']).toContain('nowhere@file');
    expect(broken['missing@file']).toContain('nowhere@file');
    expect(broken).not.toHaveProperty('unreadable@file');
  });

  it('does not check entry points when they are unknown', () => {
    const text = `http:
  routers: { api: { rule: "Path(\`/\`)", service: echo, entryPoints: [anywhere] } }${services}`;
    expect(prepareText(text, { entryPoints: undefined }).problems).toEqual([]);
  });
});

describe('the entry points of a router', () => {
  const router = (entryPoints: readonly string[], tls: boolean): readonly string[] => {
    const written = JSON.stringify({ rule: 'Path(`/`)', service: 'echo', entryPoints, tls });
    const [first] = prepareText(`http:\n  routers: { a: ${written} }${services}`).routers;
    return entryPointsOf(first!.config, sources.entryPoints!);
  };

  it('are all but admin when it names none', () => {
    expect(router([], false)).toEqual(['web', 'websecure']);
  });

  it('are the same for a router with TLS, which every entry point can serve', () => {
    expect(router([], true)).toEqual(['web', 'websecure']);
    expect(router(['web'], true)).toEqual(['web']);
  });

  it('are the named ones', () => {
    expect(router(['admin'], false)).toEqual(['admin']);
  });
});
