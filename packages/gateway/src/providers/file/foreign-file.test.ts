import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { translate } from '../translate/translate.ts';
import { loadFiles } from './load.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantgate-folder-'));
  await mkdir(join(folder, 'd'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** Problems of a directory with these files. */
async function load(files: Readonly<Record<string, string>>, path = 'd') {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, 'd', name), text);
  const { documents, problems, installs } = await loadFiles([join(folder, path)], { env: {} });
  const routes = translate(documents, problems);
  return {
    installs,
    routers: [...routes.routers.keys()],
    found: routes.problems.map(
      ({ severity, place, code, message }) =>
        `${severity} ${place.file.replace(`${folder}/`, '')}:${place.line} ${code}: ${message}`,
    ),
  };
}

const routes = 'http: { routers: { a: { rule: Path(`/`), service: s@other } } }';
const missing = 'error d/routes.yaml:1 missing_reference: there is no service s@other';

describe('a file without routes in a directory', () => {
  it.each([
    [
      'acme.json',
      '{"letsencrypt":{"Account":{"Email":"a@example.com"},"Certificates":null}}',
      'contains no routes: skipped',
    ],
    ['acme.json', '', 'contains no routes: skipped'],
    ['package.json', '[1, 2]', 'contains no routes: skipped'],
    [
      'docker-compose.yml',
      'version: "3"\nservices:\n  traefik:\n    image: traefik:v3\n    hostname: "{{.Node.Hostname}}"\nx-a: 1\n',
      'is a Docker Compose file: skipped',
    ],
    [
      'traefik.toml',
      '[entryPoints.web]\naddress = ":80"\n[api]\ndashboard = true\n',
      'is an install configuration: skipped; to use it, pass it with --config',
    ],
    [
      'traefik.yml',
      'entryPoints:\n  web: { address: ":80" }\nproviders: { docker: {} }\n',
      'is an install configuration: skipped; to use it, pass it with --config',
    ],
  ])('is skipped with a warning: %s', async (name, text, message) => {
    const { routers, found } = await load({ 'routes.yaml': routes, [name]: text });
    expect(routers).toEqual(['a@file']);
    expect([...found].sort()).toEqual([missing, `warning d/${name}:0 passed_over: ${message}`]);
  });

  it('is read for its routes when it is named and has some beside an install configuration', async () => {
    const mixed = 'entryPoints: { web: { address: ":80" } }\nproviders: { file: { filename: x } }\n';
    const { routers, found } = await load({ 'traefik.yml': mixed + routes }, 'd/traefik.yml');
    expect(routers).toEqual(['a@file']);
    expect(found).toEqual(['error d/traefik.yml:3 missing_reference: there is no service s@other']);
  });

  it.each([
    ['README.md', '# Routes'],
    ['access.log', 'x'],
    ['routes.yaml.bak', 'http: ['],
  ])('is not read at all when its name is not that of a routes file: %s', async (name, text) => {
    expect((await load({ 'routes.yaml': routes, [name]: text })).found).toEqual([missing]);
  });

  it.each([
    ['a.yaml', 'htpp: { routers: {} }'],
    ['a.yaml', 'routers: {}\nservices: {}\n'],
    ['a.yaml', 'services: { a: { loadBalancer: {} } }'],
    ['a.json', '{"htpp": {}}'],
    ['a.toml', '[routers.a]\n'],
  ])('is an error when it may contain misspelt routes: %s with %s', async (name, text) => {
    expect((await load({ 'routes.yaml': routes, [name]: text })).found[0]).toContain(
      `error d/${name}:1 unknown_format`,
    );
  });

  it('is an error when it is malformed', async () => {
    expect((await load({ 'routes.yaml': routes, 'a.json': '{"http": ' })).found[0]).toContain('syntax');
  });

  it('does not count as a file of routes', async () => {
    const { found } = await load({ 'acme.json': '{}' });
    expect(found).toEqual([
      'error d:0 routes_missing: contains no file of routes: expected .yaml, .yml, .toml, .json',
      'warning d/acme.json:0 passed_over: contains no routes: skipped',
    ]);
  });

  it('is an error when it is named explicitly', async () => {
    const { found } = await load({ 'traefik.yml': 'entryPoints: {}\n' }, 'd/traefik.yml');
    expect(found[0]).toContain('install_file');
    const { found: other } = await load({ 'acme.json': '{"a": 1}' }, 'd/acme.json');
    expect(other[0]).toContain('unknown_format');
  });

  it('supplies its entry points to the routes beside it', async () => {
    const { installs } = await load({ 'routes.yaml': routes, 'traefik.yml': 'entryPoints: { web: {} }\n' });
    expect(installs.map(({ value }) => value)).toEqual([{ entryPoints: { web: {} } }]);
  });
});
