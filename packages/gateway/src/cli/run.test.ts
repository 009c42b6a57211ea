import { describe, expect, it } from 'vitest';
import { runCommand, createTestIo } from './io.testkit.ts';
import { createProgram } from './program.ts';

const names = createProgram(createTestIo(), async () => {}).commands.map((command) => command.name());

describe('grantgate', () => {
  it('has the commands of its documentation', () => {
    expect(names).toEqual([
      'serve',
      'healthcheck',
      'check',
      'claims',
      'token',
      'status',
      'explain',
      'tokens',
      'demo',
      'schema',
    ]);
  });

  it.each([[[]], ...names.map((name) => [[name]])])('prints the help of %j and exits 0', async (command) => {
    const { code, stdout, stderr } = await runCommand([...command, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Usage: ${['grantgate', ...command].join(' ')}`);
    expect(stdout).toContain('Exit codes: 0');
  });

  it.each([[['help']], [['help', 'help']], [['help', 'serve']]])('prints help for %j', async (argv) => {
    const { code, stdout, stderr } = await runCommand(argv);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Usage: grantgate');
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
    [['help', 'nope'], "error: unknown command 'nope'"],
    [['help', 'serv'], '(Did you mean serve?)'],
    [['help', '--nope'], "error: unknown option '--nope'"],
    [['schem'], '(Did you mean schema?)'],
    [['check', 'a', '--conect'], '(Did you mean --connect?)'],
    [['check', ''], 'error: a path is empty: expected the path of a file or directory'],
    [['serve', ''], 'error: a path is empty: expected the path of a file or directory'],
    [['serve', '--config', ''], 'error: a path is empty: expected the path of a file'],
    [
      ['check', 'a', '--kubeconfig', 'b'],
      'error: --kubeconfig, --context and --namespace require --kubernetes',
    ],
    [['token', 'a'], 'error: expected paths of routes, or --config FILE'],
    [['schema', 'nope'], 'Allowed choices are install, routes, middleware'],
  ])('exits 2 on wrong usage: %j', async (argv, message) => {
    const { code, stdout, stderr } = await runCommand(argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});
