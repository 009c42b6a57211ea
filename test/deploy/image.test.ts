import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runCommand } from '../../packages/gateway/src/cli/io.testkit.ts';
import { readText, repository } from './manifests.testkit.ts';

/** Instructions of a Dockerfile, with continued lines joined. */
const instructions = readText('deploy/Dockerfile')
  .split('\n')
  .filter((line) => !line.startsWith('#'))
  .join('\n')
  .replaceAll(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => line !== '');
const last = instructions.findLastIndex((line) => line.startsWith('FROM '));
const final = instructions.slice(last);

describe('the image', () => {
  it('runs as a numeric user, and starts the command directly', () => {
    expect(final).toContain('USER 65532:65532');
    expect(final).toContain('ENTRYPOINT ["node", "/app/packages/gateway/bundle/main.js"]');
    expect(final.findIndex((line) => line.startsWith('USER'))).toBeLessThan(
      final.findIndex((line) => line.startsWith('ENTRYPOINT')),
    );
  });

  it('copies only production dependencies and the bundled command from the build', () => {
    expect(final.filter((line) => line.startsWith('RUN'))).toEqual([]);
    const copied = final.filter((line) => line.startsWith('COPY')).map((line) => line.split(' ').slice(1));
    expect(copied).toEqual([
      ['--from=dependencies', '/app', './'],
      ['--from=build', '/app/packages/gateway/bundle', 'packages/gateway/bundle'],
      ['LICENSE', './'],
    ]);
  });

  it('leaves out development files and the demo', () => {
    const dependencies = instructions.slice(
      instructions.findIndex((line) => line.endsWith(' AS dependencies')),
      last,
    );
    expect(dependencies.filter((line) => line.startsWith('RUN'))).toEqual([
      'RUN npm ci --omit=dev --ignore-scripts --workspace=grantgate',
    ]);
    expect(dependencies.join('\n')).not.toContain('packages/demo');
  });

  it('contains the optional packages, so that every feature works', () => {
    const { packages } = JSON.parse(readText('package-lock.json')) as {
      readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
    };
    // `--omit=dev` leaves out packages that are marked as `dev`, not as `devOptional`.
    for (const name of ['@kubernetes/client-node', '@grpc/grpc-js'])
      expect(packages[`node_modules/${name}`]).toMatchObject({ devOptional: true });
  });

  it('copies only paths that exist and that .dockerignore lets through', () => {
    const ignored = readText('.dockerignore').split('\n');
    expect(ignored[1]).toBe('*');
    const sources = instructions
      .filter((line) => line.startsWith('COPY') && !line.includes('--from='))
      .flatMap((line) => line.split(' ').slice(1, -1));
    for (const source of sources) {
      expect(existsSync(`${repository}${source}`), source).toBe(true);
      expect(ignored).toContain(`!${source.split('/')[0]!}`);
    }
    expect(ignored).toEqual(expect.arrayContaining(['**/node_modules', '**/dist', '**/bundle']));
  });

  it('pins its base by digest', () => {
    expect(instructions[0]).toMatch(/^ARG NODE_IMAGE=node:[\w.-]+@sha256:[0-9a-f]{64}$/);
    expect(instructions.filter((line) => line.startsWith('FROM ')).map((line) => line.split(' ')[1])).toEqual(
      ['${NODE_IMAGE}', '${NODE_IMAGE}', '${NODE_IMAGE}'],
    );
  });

  it('is labelled with its name, its base and its commit', () => {
    const labels = Array.from(
      final.join('\n').matchAll(/org\.opencontainers\.image\.([\w.]+)=/g),
      ([, name]) => name,
    );
    expect(labels).toEqual(['title', 'description', 'version', 'revision', 'licenses', 'base.name']);
    // An argument from before the first FROM is empty in a stage that does not declare it.
    for (const name of ['NODE_IMAGE', 'REVISION'])
      expect(final.findIndex((line) => line.startsWith(`ARG ${name}`))).toBeGreaterThan(0);
  });

  it('checks its health with its own command and the configuration that it serves', async () => {
    const [, health = '[]'] = /HEALTHCHECK .*CMD (\[.*\])/.exec(final.join('\n')) ?? [];
    const [node, main, ...argv] = JSON.parse(health) as readonly string[];
    const [, entry] = /ENTRYPOINT (\[.*\])/.exec(final.join('\n'))!;
    expect([node, main]).toEqual(JSON.parse(entry!));
    const [, command] = /\nCMD (\[.*\])/.exec(final.join('\n'))!;
    expect(argv.slice(1)).toEqual((JSON.parse(command!) as readonly string[]).slice(1));
    const { code, stderr } = await runCommand(argv);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'error: /etc/grantgate/grantgate.yaml cannot be read (ENOENT)\n',
    });
  });

  it('has the version of the package, as the chart and the kustomization do', () => {
    const { version } = JSON.parse(readText('packages/gateway/package.json')) as { readonly version: string };
    expect(final.join('\n')).toContain(`org.opencontainers.image.version="${version}"`);
    expect(readText('deploy/helm/grantgate/Chart.yaml')).toContain(`\nappVersion: ${version}\n`);
    expect(readText('deploy/kubernetes/kustomization.yaml')).toContain(`newTag: ${version}\n`);
  });
});

const unit = readText('deploy/systemd/grantgate.service').split('\n');

it('the systemd unit reloads with a signal that does not stop a single-process gateway', () => {
  expect(unit.filter((line) => line.startsWith('ExecReload='))).toEqual([
    'ExecReload=/bin/kill -USR1 $MAINPID',
  ]);
});

it('the systemd unit allows for graceTimeOut, and grants no privileges', () => {
  expect(Number(unit.find((line) => line.startsWith('TimeoutStopSec='))?.match(/\d+/)?.[0])).toBeGreaterThan(
    10,
  );
  expect(unit).toEqual(
    expect.arrayContaining([
      'DynamicUser=yes',
      'NoNewPrivileges=yes',
      'CapabilityBoundingSet=',
      'ProtectSystem=strict',
    ]),
  );
});
