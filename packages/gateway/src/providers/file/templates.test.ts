import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { translate } from '../translate/translate.ts';
import type { LoadOptions } from './load.ts';
import { createFileLoader, loadFiles } from './load.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantgate-templates-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** Problems as `file:line:column: path: message`. */
async function load(name: string, text: string, options: Partial<LoadOptions> = {}) {
  await writeFile(join(folder, name), text);
  const { documents, problems } = await loadFiles([join(folder, name)], { env: {}, ...options });
  const routes = translate(documents, problems);
  const found = routes.problems.map(
    ({ place, path, message }) =>
      `${place.file.replace(`${folder}/`, '')}:${place.line}:${place.column}: ${path}${path && ': '}${message}`,
  );
  return { ...routes, documents, found };
}

const service = 'services: { s: { loadBalancer: { servers: [{ url: http://127.0.0.1:1 }] } } }';

describe('a file of routes', () => {
  it('is rendered before it is parsed, in YAML', async () => {
    const { routers, found } = await load(
      'a.yaml',
      `http:
  ${service}
  routers:
{{- range $i, $host := splitList "," (env "HOSTS") }}
    r{{ $i }}: { rule: Host(\`{{ $host | trim }}\`), service: s }
{{- end }}
# {{ env "HOSTS" }}
`,
      { env: { HOSTS: 'a.example, b.example' } },
    );
    expect(found).toEqual([]);
    expect(Array.from(routers, ([name, { rule }]) => [name, rule])).toEqual([
      ['r0@file', 'Host(`a.example`)'],
      ['r1@file', 'Host(`b.example`)'],
    ]);
  });

  it('is rendered before it is parsed, in TOML', async () => {
    const { routers, found } = await load(
      'a.toml',
      `{{ $domain := env "DOMAIN" | default "example.com" }}
[http.routers.a]
rule = "Host(\`{{ $domain }}\`)"
service = "s@other"
`,
    );
    expect(found.filter((problem) => !problem.includes('s@other'))).toEqual([]);
    expect(routers.get('a@file')?.rule).toBe('Host(`example.com`)');
  });

  it('is not rendered in JSON', async () => {
    const { routers } = await load(
      'a.json',
      JSON.stringify({ http: { routers: { a: { rule: 'Path(`/{{ 1 }}`)', service: 's@other' } } } }),
    );
    expect(routers.get('a@file')?.rule).toBe('Path(`/{{ 1 }}`)');
  });
});

describe('the place of a problem', () => {
  it('is in the template for an error of its syntax', async () => {
    const { found } = await load('a.yaml', 'http:\n  routers:\n    é: {{ getHostByName "a" }}\n');
    expect(found).toEqual(['a.yaml:3:11: Go template: the function getHostByName is not supported']);
  });

  it('is in the source of the text, even below rendered text', async () => {
    const { found } = await load(
      'a.yaml',
      `{{ $hosts := list "a" "b" "c" }}http:
  ${service}
  routers:
{{- range $hosts }}
    {{ . }}: { rule: Path(\`/\`), service: s }
{{- end }}
    x: { rule: Path(\`/\`), servce: s }
    y: { rule: "Host(\`{{ env "DOMAIN" }}\`) && Hots(\`a\`)", service: {{ "t" }} }
`,
    );
    expect(found).toEqual([
      'a.yaml:7:5: http.routers.x.service: is required',
      'a.yaml:7:27: http.routers.x.servce: unknown option servce: did you mean service?',
      'a.yaml:8:68: http.routers.y.service: there is no service t@file: did you mean s@file?',
    ]);
  });

  it('is in the source for malformed YAML or TOML', async () => {
    const yaml = await load('a.yaml', '{{- range until 3 }}\n# comment\n{{- end }}\nhttp: [\n');
    expect(yaml.found.map((problem) => problem.split(' ')[0])).toEqual(['a.yaml:5:1:']);
    const toml = await load('a.toml', '{{ range until 3 }}\n{{ end }}\n[http.routers.a]\nrule = {{ "x" }}\n');
    expect(toml.found.map((problem) => problem.split(' ')[0])).toEqual(['a.toml:4:8:']);
  });

  it('within a rule is exact to the code unit, or that of the action that wrote it', async () => {
    const { routers } = await load(
      'a.yaml',
      'http: { routers: { a: { rule: "Host(`{{ env "DOMAIN" }}`) && X(`a`)", service: s@other } } }',
      { env: { DOMAIN: 'example.com' } },
    );
    const router = routers.get('a@file');
    const at = (text: string) => router?.rulePlace(router.rule.indexOf(text)).column;
    expect([at('Host'), at('example'), at('com'), at('X')]).toEqual([32, 38, 38, 62]);
  });
});

describe('a value from the environment', () => {
  const text = `http: { middlewares: { a: { plugin: { oAuthClientCredentials: {
  url: https://example.com, clientID: a, clientSecret: {{ env "SECRET" }} } } } } }`;

  it('is an option like one that is written there', async () => {
    const { middlewares, found } = await load('a.yaml', text, { env: { SECRET: 'hunter2' } });
    expect(found).toEqual([]);
    expect(middlewares.get('a@file')?.options).toMatchObject({ clientSecret: 'hunter2' });
  });

  it.each([
    ['x, hunter2: 1', 2],
    ['"x", "hunter2": 1', 2],
    ['{ hunter2: 1 }', 2],
  ])('that adds keys is refused and stays out of messages: %s', async (secret) => {
    const { found } = await load('a.yaml', text, { env: { SECRET: secret } });
    expect(found).toEqual([
      'a.yaml:2:56: Go template: the value of an environment variable adds keys to the file: expected one value; quote it, as in {{ env "NAME" | quote }}',
    ]);
  });

  it('that adds lines is refused and stays out of messages', async () => {
    for (const [name, source] of [
      ['a.yaml', 'http:\n  routers:\n    a: {{ env "SECRET" }}\n'],
      ['a.toml', '[http.routers.a]\nrule = {{ env "SECRET" }}\n'],
    ] as const) {
      const { found } = await load(name, source, {
        env: { SECRET: '"x"\nhunter2: y\n[hunter2]\nhunter2 = 1' },
      });
      expect(found).not.toEqual([]);
      expect(JSON.stringify(found)).not.toContain('hunter2');
    }
  });

  it('may be the name of a router or a URL', async () => {
    const { routers, found } = await load(
      'a.yaml',
      'http: { routers: { {{ env "NAME" }}: { rule: Path(`/`), service: s } }, services: { s: { loadBalancer: { servers: [{ url: {{ env "URL" }} }] } } } }',
      { env: { NAME: 'web', URL: 'http://127.0.0.1:80' } },
    );
    expect(found).toEqual([]);
    expect([...routers.keys()]).toEqual(['web@file']);
  });

  it('is read only where references to the environment are allowed', async () => {
    const localReferences = {
      option: 'providers.file.allowLocalReferences',
      allowed: [{ kind: 'env', name: 'APP_', isPrefix: true }],
    } as const;
    const env = { APP_HOST: 'a.example', OTHER: 'hunter2' };
    const source = (name: string) =>
      `http: { routers: { a: { rule: 'Host(\`{{ env "${name}" }}\`)', service: s@other } } }`;
    const allowed = await load('a.yaml', source('APP_HOST'), { env, localReferences });
    expect(allowed.routers.get('a@file')?.rule).toBe('Host(`a.example`)');
    for (const text of [source('OTHER'), '{{ expandenv "$OTHER" }}']) {
      const { found } = await load('a.yaml', text, { env, localReferences });
      expect(found[0]).toContain(
        'not allowed here: providers.file.allowLocalReferences does not list the variable',
      );
      expect(found[0]).not.toContain('hunter2');
    }
  });
});

describe('a file of Kubernetes manifests', () => {
  const route = (rule: string) => `apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: { name: a }
spec: { routes: [{ kind: Rule, match: '${rule}', services: [{ name: s, port: 80 }] }] }
`;
  const message =
    'Go template: Kubernetes manifests are not rendered: render them first, for example with helm template';

  it('is not rendered: a template in it is an error', async () => {
    const { found } = await load('a.yaml', route('Host(`{{ .Values.host }}`)'));
    expect(found).toEqual([`a.yaml:4:40: spec.routes[0].match: ${message}`]);
  });

  it('is reported as a template when that makes it invalid YAML', async () => {
    const { found } = await load(
      'a.yaml',
      `# chart\n{{- if .Values.on }}\n${route('Path(`/`)')}{{- end }}\n`,
    );
    expect(found).toEqual([`a.yaml:2:1: ${message}`]);
  });

  it('keeps templates in objects that the gateway does not serve', async () => {
    const { found } = await load(
      'a.yaml',
      `${route('Path(`/`)')}---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: c }\ndata: { a: '{{ .x }}' }\n`,
    );
    expect(found.filter((problem) => problem.includes('Go template'))).toEqual([]);
  });
});

describe('a changed template', () => {
  it('is rendered again; while it is broken, its last valid routes stay', async () => {
    const file = join(folder, 'a.yaml');
    const source = (name: string) =>
      `http: { routers: { {{ ${name} }}: { rule: Path(\`/\`), service: s@other } } }`;
    const read = createFileLoader([file], { env: {} });
    const names = async (text: string): Promise<readonly string[]> => {
      await writeFile(file, text);
      const { documents, problems } = await read();
      return [...translate(documents).routers.keys(), ...problems.map(({ message }) => message)];
    };
    expect(await names(source('"one"'))).toEqual(['one@file']);
    expect(await names(source('nothing'))).toEqual([
      'one@file',
      'Go template: the function nothing is not supported',
    ]);
    expect(await names(source('"three"'))).toEqual(['three@file']);
  });
});
