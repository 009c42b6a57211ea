import { describe, expect, it } from 'vitest';
import { runCommand } from './io.testkit.ts';
import { createTestIo } from './io.testkit.ts';
import { createProgram } from './program.ts';

const names = createProgram(createTestIo(), async () => {}).commands.map((command) => command.name());

describe('grantgate', () => {
  it('has the commands of its documentation', () => {
    expect(names).toEqual(['serve', 'check', 'claims', 'token', 'demo', 'schema']);
  });

  it.each([[[]], ...names.map((name) => [[name]])])('prints the help of %j and exits 0', async (command) => {
    const { code, stdout, stderr } = await runCommand([...command, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Usage: ${['grantgate', ...command].join(' ')}`);
    expect(stdout).toContain('Exit codes: 0');
  });

  it('prints its version and exits 0', async () => {
    const { code, stdout } = await runCommand(['--version']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    [[], 'Usage: grantgate'],
    [['chek'], "error: unknown command 'chek'"],
    [['claims'], "error: missing required argument 'expression'"],
    [['claims', 'a', 'b'], 'error: too many arguments'],
    [['claims', 'a', '--nope'], "error: unknown option '--nope'"],
    [['claims', 'a', '--claims'], "error: option '--claims <file>' argument missing"],
    [['schema', 'nope'], 'Allowed choices are install, routes, middleware'],
  ])('exits 2 on wrong usage: %j', async (argv, message) => {
    const { code, stdout, stderr } = await runCommand(argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});
