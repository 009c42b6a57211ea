import { STATUS_CODES } from 'node:http';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Agent, request } from 'undici';
import type { Gateway } from '../start/gateway.ts';
import { startGateway } from '../compose.ts';
import { parseInstall } from '../config/parse-install.ts';
import { openSink } from '../observe/sink.ts';
import { GatewayStartError } from '../start-error.ts';
import { createDemoFiles, demoClients } from './demo/files.ts';
import { loadDemoServers } from './demo/load-servers.ts';
import { stops, toCurl, visit } from './demo/tour.ts';
import { startTraffic } from './demo/traffic.ts';
import type { Io } from './io.ts';
import { createStyle } from './style.ts';
import { untilStopped } from './until-stopped.ts';
import { UsageError } from './usage-error.ts';

export interface DemoFlags {
  readonly once?: boolean;
  readonly port?: string;
  /** Sends no requests after the tour. */
  readonly quiet?: boolean;
}

/**
 * Preferred ports, used if they are free. No guide and no example uses them, so that the demo can keep running while a reader
 * follows one.
 */
export const preferredPorts = { gateway: 8700, authorizationServer: 8701, echo: 8702, admin: 8703 };

/** `grantgate demo`: 1 when a response of the tour is not as expected, or `@grantgate/demo` is not installed. */
export async function runDemo(flags: DemoFlags, io: Io, load = loadDemoServers): Promise<number> {
  const preferred = flags.port === undefined ? preferredPorts.gateway : parsePort(flags.port);
  const servers = await load();
  if (servers === undefined) {
    io.stderr.write('error: grantgate demo needs the package @grantgate/demo: npm install @grantgate/demo\n');
    return 1;
  }
  const opened: (() => Promise<void>)[] = [];
  const stop = untilStopped(io);
  try {
    const folder = await mkdtemp(join(tmpdir(), 'grantgate-demo-'));
    opened.push(() => rm(folder, { recursive: true, force: true }));
    const server = await servers.startAuthorizationServer(preferredPorts.authorizationServer, demoClients);
    opened.push(() => server.close());
    const echo = await servers.startEchoServer(preferredPorts.echo);
    opened.push(() => echo.close());
    const files = createDemoFiles({
      gatewayPort: await servers.findFreePort(preferred),
      adminPort: await servers.findFreePort(preferredPorts.admin),
      echoPort: echo.port,
      tokenEndpoint: `${server.url}/token`,
    });
    await writeFiles(folder, files);
    const gateway = await openGateway(folder, files['grantgate.yaml'] ?? '', io, opened);
    const urlOf = (entryPoint: string): string =>
      `http://127.0.0.1:${gateway.addresses.get(entryPoint)?.port ?? 0}`;
    const gatewayUrl = urlOf('web');

    await responses([`${server.url}/.well-known/openid-configuration`, echo.url, gatewayUrl]);

    const { strong, faint } = createStyle(io.stdout);
    io.stdout.write(`${strong('grantgate demo')}\n\n`);
    io.stdout.write(`  gateway               ${gatewayUrl}\n`);
    io.stdout.write(`  dashboard             ${urlOf('admin')}/dashboard/\n`);
    io.stdout.write(`  authorization server  ${server.url}  ${faint('(oidc-provider)')}\n`);
    io.stdout.write(
      `  protected service     ${echo.url}  ${faint('(responds with the request that it received)')}\n`,
    );
    io.stdout.write(`  configuration, logs   ${folder}  ${faint('(removed on exit)')}\n\n`);
    const faults = await takeTour(gatewayUrl, server.tokenRequests, io);
    if (flags.once === true) return faults > 0 ? 1 : 0;
    if (flags.quiet !== true) {
      opened.push(startTraffic(gatewayUrl));
      io.stdout.write('Requests are sent from now on, five a second: the dashboard shows them.\n');
    }
    io.stdout.write(
      'Try the commands above, or edit the routes: changes take effect at once. Press Ctrl-C to stop.\n',
    );
    await stop.stopped;
    return faults > 0 ? 1 : 0;
  } catch (error) {
    if (!(error instanceof GatewayStartError)) throw error;
    io.stderr.write(`error: ${error.message} [${error.code}]\n`);
    return 1;
  } finally {
    for (const close of opened.reverse()) await close();
    stop.cancel();
  }
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new UsageError('--port: expected a number from 0 to 65535');
  return port;
}

async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}

async function openGateway(
  folder: string,
  text: string,
  io: Io,
  opened: (() => Promise<void>)[],
): Promise<Gateway> {
  const { config } = parseInstall(text, join(folder, 'grantgate.yaml'));
  if (config === undefined) throw new Error("the demo's own configuration is invalid");
  const log = await openSink(join(folder, 'gateway.log'));
  opened.push(() => log.close());
  const gateway = await startGateway(config, { env: io.env, stdout: log, stderr: log });
  opened.push(() => gateway.drain());
  return gateway;
}

/** Waits until each server has responded, with any status. */
async function responses(urls: readonly string[]): Promise<void> {
  for (const url of urls) await (await request(url, { reset: true })).body.dump();
}

/** Returns the number of stops with an unexpected response. */
async function takeTour(gatewayUrl: string, tokenRequests: () => number, { stdout }: Io): Promise<number> {
  const style = createStyle(stdout);
  const dispatcher = new Agent();
  let wrong = 0;
  try {
    for (const [index, stop] of stops.entries()) {
      const {
        status,
        body,
        tokenRequests: asked,
        faults,
      } = await visit(stop, gatewayUrl, {
        dispatcher,
        tokenRequests,
      });
      const paint = status < 400 ? style.good : style.caution;
      stdout.write(`${style.strong(`${index + 1}. ${stop.title}`)}\n`);
      stdout.write(`   $ ${toCurl(stop, gatewayUrl)}\n`);
      stdout.write(`   ${paint(`${status} ${STATUS_CODES[status] ?? ''}`)}\n`);
      stdout.write(body.trimEnd().replaceAll(/^/gm, '   ') + '\n');
      stdout.write(style.faint(`   token requests for this: ${asked}`) + '\n');
      for (const fault of faults) stdout.write(`   ${style.bad(`unexpected: ${fault}`)}\n`);
      stdout.write('\n');
      if (faults.length > 0) wrong += 1;
    }
  } finally {
    await dispatcher.close();
  }
  stdout.write(`${stops.length - wrong} of ${stops.length} responses as expected.\n`);
  return wrong;
}
