import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runDemo } from './demo.ts';
import { createTestIo, runCommand } from './io.testkit.ts';
import { run } from './run.ts';

describe('grantgate demo', () => {
  it('completes its tour, finds every response as expected, and exits 0', async () => {
    const { code, stdout, stderr } = await runCommand(['demo', '--once', '--port', '0']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('5 of 5 responses as expected.');
    expect(stdout).toMatch(/\$ curl -u orders:orders-secret http:\/\/127\.0\.0\.1:\d+\/app\n {3}200 OK\n/);
    // No complete token is shown.
    expect(stdout).not.toMatch(/eyJ[\w-]+\.[\w-]+\.[\w-]+/);
  });

  it('runs until it is stopped, shows its files, and removes them at the end', async () => {
    let ready = (): void => {};
    const shown = new Promise<void>((resolve) => (ready = resolve));
    const io = createTestIo({ onWrite: (text) => text.includes('Ctrl-C') && ready() });
    const code = run(['demo', '--port', '0'], io);
    await shown;
    const folder = /configuration, logs {3}(\S+)/.exec(io.written.stdout)?.[1] ?? '';
    expect(existsSync(`${folder}/routes/gateway-level.yaml`)).toBe(true);
    io.signal('SIGINT');
    expect(await code).toBe(0);
    expect(existsSync(folder)).toBe(false);
  });

  it('exits 1 and names the package to install when the servers of the demo are not installed', async () => {
    const io = createTestIo();
    expect(await runDemo({ once: true }, io, async () => undefined)).toBe(1);
    expect(io.written).toEqual({
      stdout: '',
      stderr: 'error: grantgate demo needs the package @grantgate/demo: npm install @grantgate/demo\n',
    });
  });

  it('exits 2 for an invalid port', async () => {
    expect(await runCommand(['demo', '--port', '70000'])).toMatchObject({ code: 2 });
  });
});
