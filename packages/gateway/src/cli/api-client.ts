import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIPv6 } from 'node:net';
import type { Clock } from '@grantgate/middleware/base/clock';
import { describeConnectionFault } from '@grantgate/middleware/base/connection-fault';
import type { InstallConfig } from '../config/install-config.ts';
import { readInstall } from './configuration.ts';
import type { Io } from './io.ts';
import { reportProblems } from './serve/install.ts';
import { UsageError } from './usage-error.ts';

export interface ApiFlags {
  readonly api?: string;
  readonly config?: string;
  readonly json?: boolean;
}

/** Reads the API of a running gateway. */
export interface AdminClient {
  /** @param path from `/api/`, with its query. @throws ApiUnavailable */
  get(path: string): Promise<unknown>;
}

/** The API cannot be read: exit 1. The message explains what to do. */
export class ApiUnavailable extends Error {
  override readonly name = 'ApiUnavailable';
}

/** Maximum milliseconds for a response of the gateway. */
const timeoutMs = 10_000;
const maxBytes = 64 * 1024 * 1024;
const usualUrl = 'http://127.0.0.1:8080';

/** @throws ApiUnavailable without an API in the configuration. @throws UsageError */
export async function openAdminClient({ api, config }: ApiFlags, io: Io, clock: Clock): Promise<AdminClient> {
  if (api !== undefined && config !== undefined)
    throw new UsageError('--api and --config exclude each other');
  const base = api ?? (config === undefined ? usualUrl : await readAddress(config, io));
  if (!/^https?:\/\/[^/?#]|^unix:./.test(base))
    throw new UsageError(
      '--api: expected a URL such as http://127.0.0.1:8080, or unix:/run/grantgate/api.sock',
    );
  const token = io.env['GRANTGATE_API_TOKEN'];
  return { get: (path) => get(toTarget(base, path), token, clock) };
}

/** Destination of a request. */
interface ApiTarget {
  readonly url: string;
  /** Undefined: the address of the URL. */
  readonly socketPath?: string;
  /** For messages. */
  readonly shown: string;
}

/** @param base URL, or `unix:PATH`, with `#BASEPATH` where the API has one. */
function toTarget(base: string, path: string): ApiTarget {
  const [, socketPath, basePath = ''] = /^unix:([^#]+)(?:#(.*))?$/.exec(base) ?? [];
  if (socketPath !== undefined)
    return { url: `http://localhost${basePath}${path}`, socketPath, shown: `${socketPath}: ${path}` };
  const url = `${base.replace(/\/$/, '')}${path}`;
  return { url, shown: url };
}

async function readAddress(file: string, io: Io): Promise<string> {
  const { config, problems } = await readInstall(file, io);
  if (config === undefined) {
    reportProblems(problems, io);
    throw new ApiUnavailable(`${file} is invalid`);
  }
  return toApiUrl(config, file);
}

function toApiUrl({ api, entryPoints }: InstallConfig, file: string): string {
  if (api === undefined)
    throw new ApiUnavailable(`the API is off: add "api: {}" to ${file}, and restart the gateway`);
  if (api.socket !== undefined) return `unix:${api.socket}${api.basePath === '' ? '' : `#${api.basePath}`}`;
  const entryPoint = api.entryPoint === undefined ? undefined : entryPoints.get(api.entryPoint);
  if (entryPoint === undefined)
    throw new ApiUnavailable(`the API requires an entry point named admin or traefik: add one to ${file}`);
  const { host, port, tls } = entryPoint;
  if (port === 0)
    throw new ApiUnavailable('the entry point of the API listens on a free port: pass --api URL');
  const reachable = host === undefined || host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const authority = `${isIPv6(reachable) ? `[${reachable}]` : reachable}:${port}`;
  return `${tls === undefined ? 'http' : 'https'}://${authority}${api.basePath}`;
}

function get(
  { url, socketPath, shown }: ApiTarget,
  token: string | undefined,
  clock: Clock,
): Promise<unknown> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    const fail = (message: string): void => reject(new ApiUnavailable(message));
    const request = (url.startsWith('https:') ? requestHttps : requestHttp)(
      url,
      { agent: false, headers, ...(socketPath !== undefined && { socketPath }) },
      (response) => {
        const parts: Buffer[] = [];
        let bytes = 0;
        response.on('data', (part: Buffer) => {
          bytes += part.length;
          if (bytes > maxBytes) request.destroy(new Error('the response is too long'));
          else parts.push(part);
        });
        response.on('error', (error) => fail(`${shown}: ${error.message}`));
        response.on('end', () => {
          timer.cancel();
          try {
            resolve(readResponse(response.statusCode ?? 0, Buffer.concat(parts).toString()));
          } catch (error) {
            fail(`${shown}: ${error instanceof Error ? error.message : ''}`);
          }
        });
      },
    );
    const timer = clock.after(
      timeoutMs,
      () => void request.destroy(new Error(`no response within ${timeoutMs / 1000} s`)),
    );
    request.on('error', (error) => {
      timer.cancel();
      const fault = 'code' in error ? describeConnectionFault(String(error.code)) : undefined;
      fail(
        `${shown}: ${fault ?? error.message}: is the gateway running, with "api: {}" and an entry point admin? See --api and --config`,
      );
    });
    request.end();
  });
}

function readResponse(status: number, text: string): unknown {
  const body = parseJson(text) as { readonly message?: unknown } | undefined;
  const message = typeof body?.message === 'string' ? `: ${body.message}` : '';
  if (status === 401) throw new Error(`the token is missing or wrong: set GRANTGATE_API_TOKEN${message}`);
  if (status === 404 && message === '')
    throw new Error('the API is off: add "api: {}" to the install configuration');
  if (status !== 200) throw new Error(`status ${status}${message}`);
  if (body === undefined) throw new Error('the response is not JSON');
  return body;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Runs a command that uses the API: returns its exit code, or 1 with the reason why the API cannot be read. */
export async function withApi(
  flags: ApiFlags,
  io: Io,
  clock: Clock,
  run: (client: AdminClient) => Promise<number>,
): Promise<number> {
  try {
    return await run(await openAdminClient(flags, io, clock));
  } catch (error) {
    if (!(error instanceof ApiUnavailable)) throw error;
    io.stderr.write(`error: ${error.message}\n`);
    return 1;
  }
}

/** A text from a caller or a server for a terminal, in which control characters would move the cursor. */
export const toPrintable = (text: string): string =>
  text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '\ufffd');

/** Lines of a table whose columns are as wide as their longest cell. */
export function toTable(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(toPrintable));
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}
