import { Argument, Command } from 'commander';
import type { CheckFlags } from './check.ts';
import type { ClaimsFlags } from './claims.ts';
import type { DemoFlags } from './demo.ts';
import type { HealthcheckFlags } from './healthcheck.ts';
import type { Io } from './io.ts';
import { readVersion } from '../version.ts';
import { schemaNames } from './schema-names.ts';
import type { SchemaName } from './schema-names.ts';
import type { ServeFlags } from './serve.ts';
import type { StatusFlags } from './status.ts';
import type { ExplainFlags } from './explain.ts';
import type { TokenFlags } from './token.ts';
import type { TokensFlags } from './tokens.ts';

/** Runs a command and returns its exit code. */
export type Start = (command: () => Promise<number>) => Promise<void>;

const exitCodes = 'Exit codes: 0 success, 1 a finding, 2 wrong usage.';

/** The command line: every command with its arguments and options. The code of a command is loaded when it runs. */
export function createProgram(io: Io, start: Start): Command {
  const program = new Command('grantgate')
    .description('An OAuth 2.0 client-credentials gateway with the configuration of Traefik Hub.')
    .version(readVersion(), '-V, --version', 'Print the version.')
    .helpOption('-h, --help', 'Print this help.')
    .helpCommand('help [command]', 'Print help for a command.')
    .addHelpText('after', `\n${exitCodes}`)
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHasColors: () => io.stdout.colors,
      getErrHasColors: () => io.stderr.colors,
    });

  for (const add of [
    addServe,
    addHealthcheck,
    addCheck,
    addClaims,
    addToken,
    addStatus,
    addExplain,
    addTokens,
    addDemo,
    addSchema,
  ])
    add(program, io, start);
  return program;
}

function addServe(program: Command, io: Io, start: Start): void {
  program
    .command('serve')
    .summary('run the gateway')
    .description(
      'Runs the gateway until SIGTERM or SIGINT, and then finishes requests in flight. A second signal stops it at once.',
    )
    .argument('[paths...]', 'files and directories of routes, served on 127.0.0.1:8000')
    .option('-c, --config <file>', 'install configuration, instead of paths')
    .option(
      '--forward-auth <address>',
      'respond to forward-auth requests of a proxy on this address (host:port), instead of serving routes',
    )
    .option(
      '--ext-authz <address>',
      "respond to Envoy's ext_authz requests over gRPC on this address (host:port), instead of serving routes",
    )
    .option(
      '--workers <count>',
      'processes that serve requests: a number, or auto for one per CPU (default: as configured, or 1)',
    )
    .addHelpText(
      'after',
      `
The log goes to standard error, the access log to standard output unless it has a file. SIGUSR1 reopens log files.
With two workers or more, SIGHUP reads the install configuration and replaces the workers one by one, without losing a request.

Exit codes: 0 stopped by a signal, 1 the gateway cannot start, 2 wrong usage, 130 or 143 after a second signal.`,
    )
    .action((paths: string[], flags: ServeFlags) =>
      start(async () => (await import('./serve.ts')).runServe(paths, flags, io)),
    );
}

function addHealthcheck(program: Command, io: Io, start: Start): void {
  program
    .command('healthcheck')
    .summary('check whether the gateway of this machine is healthy')
    .description(
      'Requests `/ping` from the entry point of `ping` of the gateway that runs on this machine, for health checks of containers.',
    )
    .option('-c, --config <file>', 'install configuration of that gateway (default: that of serve PATH)')
    .addHelpText(
      'after',
      `
Without \`ping\`, or without an entry point that serves it, it tries a connection to the first entry point. It waits 5 s for the response.

Exit codes: 0 healthy, 1 unhealthy or no valid configuration, 2 wrong usage.`,
    )
    .action((flags: HealthcheckFlags) =>
      start(async () => (await import('./healthcheck.ts')).runHealthcheck(flags, io)),
    );
}

function addCheck(program: Command, io: Io, start: Start): void {
  program
    .command('check')
    .summary('report every problem of a configuration')
    .description(
      'Reports every problem of a configuration at once, each as `file:line:column: severity: message [code]`.',
    )
    .argument('[paths...]', 'files and directories of routes')
    .option('-c, --config <file>', 'install configuration; its routes and entry points are checked too')
    .option('--connect', 'connect to every store and authorization server too')
    .option('--kubernetes', 'check the objects of a Kubernetes cluster too')
    .option('--kubeconfig <file>', 'kubeconfig of the cluster (default: as for serve)')
    .option('--context <name>', 'context of the kubeconfig')
    .option('-n, --namespace <name...>', 'namespaces to read (default: those of the configuration, or all)')
    .option(
      '-v, --verbose',
      'list objects in the cluster that are not served, such as routes of another class',
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
With --connect, keys that expire after five seconds are written to each store and removed. Each token endpoint receives a token
request with the credentials of the middleware. If callers bring their own, the request has none, and any response is a success. The
keys that verify tokens are requested, and each introspection endpoint receives a token that does not exist.

Exit codes: 0 no error, 1 an error in the configuration or of a connection, 2 wrong usage.`,
    )
    .action((paths: string[], flags: CheckFlags) =>
      start(async () => (await import('./check.ts')).runCheck(paths, flags, io)),
    );
}

function addClaims(program: Command, io: Io, start: Start): void {
  program
    .command('claims')
    .summary('evaluate a claims expression and explain the result')
    .description('Evaluates an expression of the option `claims` and explains the result of each function.')
    .argument('<expression>', 'expression, as in the option `claims`')
    .option('--claims <file>', 'JSON object of claims; - reads standard input')
    .option(
      '--token <jwt>',
      'token to read the claims from, without verifying its signature; - reads standard input',
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExit codes: 0 true, 1 false, 2 an error in the expression, the claims or the usage.',
    )
    .action((expression: string, flags: ClaimsFlags) =>
      start(async () => (await import('./claims.ts')).runClaims(expression, flags, io)),
    );
}

function addToken(program: Command, io: Io, start: Start): void {
  program
    .command('token')
    .summary('request or verify a token as a middleware would, and explain it')
    .description(
      'Requests a token as oAuthClientCredentials would, or verifies the credential of a caller as jwt, oAuthIntrospection, oAuthTokenExchange or apiKey would. Shows its claims, its lifetime or key, each check, whether a request would pass, and the headers that it would get.',
    )
    .argument('<name>', 'name of a middleware of these kinds, with or without provider and namespace')
    .argument('[paths...]', 'files and directories of routes')
    .option('-c, --config <file>', 'install configuration; its routes are read')
    .option('--client-id <id>', 'client ID of a caller, for a middleware without its own')
    .option(
      '--client-secret-file <file>',
      "file with the caller's secret; - reads standard input (default: the environment variable GRANTGATE_CLIENT_SECRET)",
    )
    .option(
      '--token-file <file>',
      'file with the token of a caller, or its API key as callers send it; - reads standard input (default: the environment variable GRANTGATE_TOKEN)',
    )
    .option('--reveal', 'print the token itself')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExit codes: 0 a request would pass, 1 it would be refused, 2 wrong usage.')
    .action((name: string, paths: string[], flags: TokenFlags) =>
      start(async () => (await import('./token.ts')).runToken(name, paths, flags, io)),
    );
}

const apiNote = `
The API is that of the entry point \`admin\`, or \`traefik\`, of a gateway with \`api: {}\`. If it requires a token, set the environment variable
GRANTGATE_API_TOKEN.`;

/** Options of all commands that use the API. */
const withApiOptions = (command: Command): Command =>
  command
    .option('--api <url>', 'URL of the API, with api.basePath, or unix:PATH (default: http://127.0.0.1:8080)')
    .option('-c, --config <file>', 'install configuration with the address of the API')
    .option('--json', 'print JSON');

function addStatus(program: Command, io: Io, start: Start): void {
  withApiOptions(
    program
      .command('status')
      .summary('show the state of a running gateway')
      .description(
        'Shows routes, requests, tokens, authorization servers, broken routers and the last refusals of a running gateway.',
      ),
  )
    .option('-w, --watch', 'show it again every two seconds')
    .addHelpText(
      'after',
      `${apiNote}

Exit codes: 0 ready without broken routers and failing authorization servers, 1 otherwise or no response, 2 wrong usage.`,
    )
    .action((flags: StatusFlags) => start(async () => (await import('./status.ts')).runStatus(flags, io)));
}

function addExplain(program: Command, io: Io, start: Start): void {
  withApiOptions(
    program
      .command('explain')
      .summary('explain which route of a running gateway serves a request')
      .description(
        'Explains which router of a running gateway matches a request, which middlewares run, and why other routers do not match. No request is sent to a service.',
      )
      .argument('<url>', 'URL of the request'),
  )
    .option('-X, --method <method>', 'method (default: GET)')
    .option('-H, --header <header...>', 'header of the request, as Name: value')
    .option('--entry-point <name>', 'entry point (default: those that serve routers by default)')
    .option('--client-ip <address>', 'address of the client (default: 127.0.0.1)')
    .addHelpText(
      'after',
      `${apiNote}

Exit codes: 0 a router serves it, 1 none does or no response, 2 wrong usage.`,
    )
    .action((url: string, flags: ExplainFlags) =>
      start(async () => (await import('./explain.ts')).runExplain(url, flags, io)),
    );
}

function addTokens(program: Command, io: Io, start: Start): void {
  withApiOptions(
    program
      .command('tokens')
      .summary('list the cached tokens of a running gateway')
      .description(
        'Lists the credentials whose token a running gateway has cached, those that expire first. Tokens are not shown.',
      ),
  )
    .option('--middleware <name>', 'only tokens that this middleware uses')
    .option('--client <id>', 'only tokens of this client')
    .option('--limit <count>', 'number of tokens (default: 100)')
    .addHelpText(
      'after',
      `${apiNote}

Exit codes: 0 success, 1 no response, 2 wrong usage.`,
    )
    .action((flags: TokensFlags) => start(async () => (await import('./tokens.ts')).runTokens(flags, io)));
}

function addDemo(program: Command, io: Io, start: Start): void {
  program
    .command('demo')
    .summary('try the gateway without any setup')
    .description(
      'Starts an authorization server, a protected service and the gateway on 127.0.0.1, and shows requests with curl.',
    )
    .option('--once', 'exit after the tour, with 1 if a response is not as expected')
    .option('--quiet', 'send no requests after the tour; the dashboard then shows only yours')
    .option('--port <port>', 'port of the gateway; a free port if it is in use (default: 8700)')
    .addHelpText(
      'after',
      `\nIt needs the package @grantgate/demo: npm install @grantgate/demo\n\n${exitCodes}`,
    )
    .action((flags: DemoFlags) => start(async () => (await import('./demo.ts')).runDemo(flags, io)));
}

function addSchema(program: Command, io: Io, start: Start): void {
  program
    .command('schema')
    .summary('print a JSON Schema of the configuration')
    .description('Prints a JSON Schema of the configuration, for editors and validators.')
    .addArgument(new Argument('[name]', 'part of the configuration').choices(schemaNames).default('install'))
    .addHelpText(
      'after',
      `
install     grantgate.yaml
routes      files of Traefik's dynamic configuration
middleware  options of oAuthClientCredentials

${exitCodes}`,
    )
    .action((name: SchemaName) => start(async () => (await import('./schema.ts')).runSchema(name, io)));
}
