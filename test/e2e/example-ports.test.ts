import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { preferredPorts } from '../../packages/gateway/src/cli/demo.ts';
import { parseInstall } from '../../packages/gateway/src/config/parse-install.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

function filesBelow(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Ports in the URLs of servers in route files. The path is a file or a folder. */
function serverPortsAt(path: string): readonly number[] {
  const files = path.endsWith('.yaml') ? [path] : readdirSync(path).map((name) => join(path, name));
  return files.flatMap((file) =>
    Array.from(readFileSync(file, 'utf8').matchAll(/url: http:\/\/[\w.]+:(\d+)/g), ([, port]) =>
      Number(port),
    ),
  );
}

interface Install {
  readonly providers: { readonly file: { readonly directory?: string; readonly filename?: string } };
}

const installs = filesBelow('examples').filter((file) => file.endsWith('grantgate.yaml'));

it.each(installs)(
  '%s uses no port twice, neither to listen on nor for a service that it proxies to',
  (file) => {
    const { config, problems } = parseInstall(readFileSync(file, 'utf8'), file);
    expect(problems).toEqual([]);
    const listening = Array.from(config!.entryPoints.values(), ({ port }) => port);
    expect(new Set(listening).size).toBe(listening.length);
    const { providers } = parse(readFileSync(file, 'utf8')) as Install;
    const routes = resolve(dirname(file), providers.file.directory ?? providers.file.filename ?? '');
    for (const port of serverPortsAt(routes)) expect(listening).not.toContain(port);
  },
);

it('the demo uses no port of a guide or an example', () => {
  const texts = [...filesBelow('docs/guide'), ...filesBelow('examples')].map((file) =>
    readFileSync(file, 'utf8'),
  );
  const used = new Set(
    texts.flatMap((text) => Array.from(text.matchAll(/:\s*'?(\d{4,5})\b/g), ([, port]) => Number(port))),
  );
  expect(used).toContain(9000);
  for (const port of Object.values(preferredPorts)) expect(used).not.toContain(port);
});
