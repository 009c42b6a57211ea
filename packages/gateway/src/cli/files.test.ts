import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  createFifo,
  createFolder,
  createSized,
  createSpecialFiles,
  mebibyte,
} from '../files/special-files.testkit.ts';
import { runCommand } from './io.testkit.ts';

const routes = (options: string): string => `http:
  middlewares:
    creds:
      plugin:
        oAuthClientCredentials:
          url: https://a.example/token
${options.replaceAll(/^/gm, '          ')}
`;
/** Every option that may contain a secret, each with the path of the file at the end. */
const options: readonly (readonly [string, string])[] = [
  ['clientSecret', 'clientID: id\nclientSecret: urn:file:PATH'],
  ['clientID', 'clientID: urn:file:PATH\nclientSecret: x'],
  ['clientConfig.tls.ca', 'clientConfig:\n  tls:\n    ca: urn:file:PATH'],
  ['clientConfig.tls.key', 'clientConfig:\n  tls:\n    cert: x\n    key: urn:file:PATH'],
  ['store.secret', 'store:\n  redis: { endpoints: ["127.0.0.1:1"] }\n  secret: urn:file:PATH'],
  [
    'store.redis.tls.ca',
    'store:\n  secret: 0123456789abcdef\n  redis:\n    endpoints: ["127.0.0.1:1"]\n    tls:\n      ca: urn:file:PATH',
  ],
];

describe('a file that is not regular', () => {
  it('is refused where a secret is expected, with its position in the configuration', async () => {
    const folder = createFolder();
    for (const [path, kind] of await createSpecialFiles(folder))
      for (const [option, text] of options) {
        writeFileSync(join(folder, 'app.yml'), routes(text.replace('PATH', path)));
        const { code, stdout } = await runCommand(['check', 'app.yml'], { cwd: folder });
        expect(code).toBe(1);
        expect(stdout).toMatch(/^app\.yml:\d+:\d+: error: creds@file\./m);
        expect(stdout).toContain(
          `creds@file.${option}: urn:file:${path}: the file ${path} is ${kind}: expected a regular file of at most 1 MiB [missing_secret]`,
        );
      }
  });

  it('is refused among the routes of a directory', async () => {
    const folder = createFolder();
    await createSpecialFiles(folder);
    const { code, stdout } = await runCommand(['check', '.'], { cwd: folder });
    expect(code).toBe(1);
    for (const [name, kind] of [
      ['fifo.yaml', 'FIFO'],
      ['link.yaml', 'FIFO'],
      ['socket.yaml', 'socket'],
    ])
      // prettier-ignore
      expect(stdout).toContain(
        `${name}: error: is a ${kind}: expected a regular file of at most 64 MiB [unreadable_file]`,
      );
  });

  it.each([
    ['check', ['check', '--config', 'PATH'], '64 MiB'],
    ['serve', ['serve', '--config', 'PATH'], '64 MiB'],
    ['token', ['token', 'creds', '--config', 'PATH'], '64 MiB'],
    ['token', ['token', 'creds', 'app.yml', '--client-id', 'a', '--client-secret-file', 'PATH'], '1 MiB'],
    ['claims', ['claims', 'Equals(`a`, `b`)', '--claims', 'PATH'], '1 MiB'],
  ])('is refused by %s as %j', async (_command, argv, limit) => {
    const folder = createFolder();
    writeFileSync(join(folder, 'app.yml'), routes(''));
    for (const [path, kind] of await createSpecialFiles(folder)) {
      const { code, stderr } = await runCommand(
        argv.map((arg) => arg.replace('PATH', path)),
        { cwd: folder },
      );
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: `error: ${path} is ${kind}: expected a regular file of at most ${limit}\n`,
      });
    }
  });

  it.each(['certFile', 'keyFile'])(
    'is refused as %s, and keeps the gateway from starting',
    async (option) => {
      const folder = createFolder();
      writeFileSync(join(folder, 'right'), '');
      for (const [path, kind] of await createSpecialFiles(folder)) {
        const files = { certFile: 'right', keyFile: 'right', [option]: path };
        const web = { address: '127.0.0.1:0', tls: { certificates: [files] } };
        writeFileSync(join(folder, 'g.json'), JSON.stringify({ entryPoints: { web } }));
        const { code, stderr } = await runCommand(['serve', '--config', 'g.json'], { cwd: folder });
        expect(code).toBe(1);
        expect(stderr).toContain(
          `error: entryPoints.web.tls.certificates[0].${option}: the file ${path} is ${kind}: expected a regular file of at most 1 MiB [certificate_invalid]\n`,
        );
      }
    },
  );

  it('is refused as an access log when it is a FIFO without a reader', async () => {
    const folder = createFolder();
    createFifo(join(folder, 'log'));
    writeFileSync(
      join(folder, 'g.yml'),
      'entryPoints: { web: { address: "127.0.0.1:0" } }\naccessLog: { filePath: log }\n',
    );
    const { code, stderr } = await runCommand(['serve', '--config', 'g.yml'], { cwd: folder });
    expect(code).toBe(1);
    expect(stderr).toContain(`${join(folder, 'log')} (ENXIO) [log_unavailable]`);
  });
});

describe('a file of a secret', () => {
  it('has 1 MiB at most, through links as well', async () => {
    const folder = createFolder();
    mkdirSync(join(folder, '..2026'));
    symlinkSync('..2026', join(folder, '..data'));
    symlinkSync(join('..data', 'key'), join(folder, 'key'));
    writeFileSync(
      join(folder, 'app.yml'),
      routes(`clientID: id\nclientSecret: urn:file:${join(folder, 'key')}`),
    );
    const check = async (bytes: number) => {
      createSized(join(folder, '..2026', 'key'), bytes);
      return runCommand(['check', 'app.yml'], { cwd: folder });
    };
    expect((await check(8)).code).toBe(0);
    expect((await check(mebibyte)).stdout).not.toContain('missing_secret');
    expect((await check(mebibyte + 1)).stdout).toContain(
      'has more than 1 MiB: expected a regular file of at most 1 MiB [missing_secret]',
    );
    expect((await check(0)).stdout).toContain('its value is empty [missing_secret]');
  });
});

describe('standard input', () => {
  it.each([
    [['claims', 'Equals(`a`, `b`)', '--claims', '-']],
    [['claims', 'Equals(`a`, `b`)', '--token', '-']],
    [['token', 'creds', 'app.yml', '--client-id', 'a', '--client-secret-file', '-']],
  ])('has 1 MiB at most for %j', async (argv) => {
    const folder = createFolder();
    writeFileSync(join(folder, 'app.yml'), routes(''));
    const stdin = 'x'.repeat(mebibyte + 1);
    expect(await runCommand(argv, { cwd: folder, stdin })).toMatchObject({
      code: 2,
      stderr: 'error: standard input has more than 1 MiB: expected at most 1 MiB\n',
    });
  });

  it.each(['check', 'serve'])('has 64 MiB at most for --config of %s', async (command) => {
    const stdin = 'x'.repeat(64 * mebibyte + 1);
    expect(await runCommand([command, '--config', '-'], { stdin })).toMatchObject({
      code: 2,
      stderr: 'error: standard input has more than 64 MiB: expected at most 64 MiB\n',
    });
  });
});
