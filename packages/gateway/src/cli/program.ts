import { Argument, Command } from 'commander';
import type { CheckFlags } from './check.ts';
import type { ClaimsFlags } from './claims.ts';
import type { DemoFlags } from './demo.ts';
import type { Io } from './io.ts';
import { readVersion } from '../version.ts';
import { schemaNames } from './schema-names.ts';
import type { SchemaName } from './schema-names.ts';
import type { ServeFlags } from './serve.ts';
import type { TokenFlags } from './token.ts';

/** Runs a command, which comes to its exit code. */
export type Start = (command: () => Promise<number>) => Promise<void>;

const exitCodes = 'Exit codes: 0 success, 1 a finding, 2 wrong usage.';

/** The command line: every command with its arguments and options. What a command does is loaded when it is run. */
export function createProgram(io: Io, start: Start): Command {
  const program = new Command('grantgate')
    .description('An OAuth 2.0 client-credentials gateway, configured as Traefik Hub is.')
    .version(readVersion(), '-V, --version', 'Print the version.')
    .helpOption('-h, --help', 'Print this help.')
    .helpCommand('help [command]', 'Print the help of a command.')
    .addHelpText('after', `\n${exitCodes}`)
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHasColors: () => io.stdout.colors,
      getErrHasColors: () => io.stderr.colors,
    });

  program
    .command('serve')
    .summary('run the gateway')
    .description(
      'Runs the gateway until SIGTERM or SIGINT; requests in flight are finished then. A second signal ends it at once.',
    )
    .argument('[paths...]', 'files and directories of routes, served on 127.0.0.1:8000')
    .option('-c, --config <file>', 'install configuration, in place of paths')
    .option(
      '--forward-auth <address>',
      'answer the forward-auth checks of a proxy there (host:port), in place of serving routes',
    )
    .option(
      '--ext-authz <address>',
      "answer Envoy's ext_authz over gRPC there (host:port), in place of serving routes",
    )
    .option(
      '--workers <count>',
      'processes that serve requests: a number, or auto for one of each processor (default: as configured, or 1)',
    )
    .addHelpText(
      'after',
      `
The log goes to standard error, the access log to standard output unless it has a file. SIGUSR1 opens log files anew.
With two workers or more, SIGHUP replaces one after the other by one with the install configuration as it is then; no request is lost.

Exit codes: 0 stopped as asked, 1 the gateway cannot start, 2 wrong usage, 130 or 143 at a second signal.`,
    )
    .action((paths: string[], flags: ServeFlags) =>
      start(async () => (await import('./serve.ts')).runServe(paths, flags, io)),
    );

  program
    .command('check')
    .summary('find every problem of a configuration')
    .description(
      'Finds every problem of a configuration at once, each as `file:line:column: severity: message [code]`.',
    )
    .argument('[paths...]', 'files and directories of routes')
    .option('-c, --config <file>', 'install configuration; its routes and entry points are checked too')
    .option('--connect', 'try every store and token endpoint too')
    .option('--kubernetes', 'check what is in a Kubernetes cluster, too')
    .option('--kubeconfig <file>', 'kubeconfig of that cluster (default: as serve finds it)')
    .option('--context <name>', 'context of the kubeconfig')
    .option('-n, --namespace <name...>', 'namespaces to read (default: those of the configuration, or all)')
    .option('-v, --verbose', 'say what is in the cluster and is not served, such as routes of another class')
    .option('--json', 'answer in JSON')
    .addHelpText(
      'after',
      `
With --connect, keys that live for five seconds are written to each store and removed. A token endpoint is asked for a token
with the credentials of the middleware or, where callers bring theirs, without any: it is reachable then whatever it answers.

Exit codes: 0 no error, 1 an error in the configuration or of a connection, 2 wrong usage.`,
    )
    .action((paths: string[], flags: CheckFlags) =>
      start(async () => (await import('./check.ts')).runCheck(paths, flags, io)),
    );

  program
    .command('claims')
    .summary('say whether claims satisfy an expression, and why')
    .description(
      'Says whether claims satisfy an expression of the option `claims` and, for each function, why.',
    )
    .argument('<expression>', 'expression as the option claims has it')
    .option('--claims <file>', 'JSON object of claims; - is standard input')
    .option('--token <jwt>', 'token whose claims are read, its signature unchecked; - is standard input')
    .option('--json', 'answer in JSON')
    .addHelpText(
      'after',
      '\nExit codes: 0 true, 1 false, 2 an error in the expression, the claims or the usage.',
    )
    .action((expression: string, flags: ClaimsFlags) =>
      start(async () => (await import('./claims.ts')).runClaims(expression, flags, io)),
    );

  program
    .command('token')
    .summary('ask for a token as a middleware would, and say what it is worth')
    .description(
      'Asks for a token as a middleware would. Shows its claims and lifetime, whether a request would pass, and the headers that it would get.',
    )
    .argument('<name>', 'name of a middleware oAuthClientCredentials, with or without provider and namespace')
    .argument('[paths...]', 'files and directories of routes')
    .option('-c, --config <file>', 'install configuration; its routes are read')
    .option('--client-id <id>', 'client ID of a caller, for a middleware without one')
    .option(
      '--client-secret-file <file>',
      "file with that caller's secret; - is standard input (default: the environment variable GRANTGATE_CLIENT_SECRET)",
    )
    .option('--reveal', 'show the token itself')
    .option('--json', 'answer in JSON')
    .addHelpText('after', '\nExit codes: 0 a request would pass, 1 it would be refused, 2 wrong usage.')
    .action((name: string, paths: string[], flags: TokenFlags) =>
      start(async () => (await import('./token.ts')).runToken(name, paths, flags, io)),
    );

  program
    .command('demo')
    .summary('try the gateway without any set-up')
    .description(
      'Runs an authorization server, a protected service and the gateway on 127.0.0.1, and shows with curl what they do.',
    )
    .option('--once', 'end after the tour, with 1 when an answer is not what it must be')
    .option('--port <port>', 'port of the gateway; a free one when it is taken (default: 8700)')
    .addHelpText('after', `\n${exitCodes}`)
    .action((flags: DemoFlags) => start(async () => (await import('./demo.ts')).runDemo(flags, io)));

  program
    .command('schema')
    .summary('print a JSON Schema of the configuration')
    .description('Prints a JSON Schema of the configuration, for editors and validators.')
    .addArgument(
      new Argument('[name]', 'which part of the configuration').choices(schemaNames).default('install'),
    )
    .addHelpText(
      'after',
      `
install     grantgate.yaml
routes      files of Traefik's dynamic configuration
middleware  what stands below oAuthClientCredentials

${exitCodes}`,
    )
    .action((name: SchemaName) => start(async () => (await import('./schema.ts')).runSchema(name, io)));

  return program;
}
