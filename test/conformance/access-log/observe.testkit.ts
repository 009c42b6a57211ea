import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { until } from '../../../packages/testkit/src/until.ts';
import { problem, type LogCase } from './cases.ts';

/** A server that responds as the paths of the cases require. */
export async function startService() {
  let onSlow = (): void => {};
  const responses: Readonly<Record<string, (response: ServerResponse) => void>> = {
    '/echo/204': (response) => response.writeHead(204).end(),
    '/echo/304': (response) => response.writeHead(304).end(),
    '/echo/500': (response) => response.writeHead(500).end('broken'),
    '/echo/chunks': (response) => {
      response.write('x'.repeat(1000));
      response.end('y');
    },
    '/echo/cut': (response) => {
      response.writeHead(200, { 'Content-Length': 10 });
      response.write('some', () => response.destroy());
    },
    '/echo/slow': () => onSlow(),
    '/reset': (response) => response.destroy(),
  };
  const server = createServer((incoming, response) => {
    incoming.resume();
    incoming.once('end', () => {
      const { pathname } = new URL(incoming.url ?? '/', 'http://service');
      (responses[pathname] ?? (() => response.end('ok')))(response);
    });
  });
  server.on('upgrade', (_request, socket: Socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    socket.once('data', (data) => socket.end(data));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    /** Resolves when the next request without a response has arrived. */
    slow: () => new Promise<void>((resolve) => (onSlow = resolve)),
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

type ObservedService = Awaited<ReturnType<typeof startService>>;

/** Sends the request of a case, and waits until it ends. */
export async function send(
  { request, frames, abandons, entryPoint }: LogCase,
  port: number,
  service: ObservedService,
): Promise<void> {
  const socket =
    entryPoint === 'secure'
      ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ciphers: 'TLS_AES_128_GCM_SHA256' })
      : connect(port, '127.0.0.1');
  const closed = new Promise((resolve) => void socket.once('close', resolve));
  const isHead = request.startsWith('HEAD');
  let came = '';
  socket.on('error', () => {});
  const slow = service.slow();
  await once(socket, entryPoint === 'secure' ? 'secureConnect' : 'connect');
  socket.on('data', (data: Buffer) => {
    came += data.toString('latin1');
    if (frames !== undefined && came.includes('\r\n\r\n') && !came.endsWith(frames)) socket.write(frames);
    else if (frames === undefined && isWhole(came, isHead)) socket.end();
  });
  socket.write(Buffer.from(request.replaceAll('PORT', String(port)), 'latin1'));
  if (abandons === true) {
    await slow;
    socket.destroy();
  }
  await closed;
}

function isWhole(response: string, isHead: boolean): boolean {
  const [head = '', ...rest] = response.split('\r\n\r\n');
  if (!response.includes('\r\n\r\n')) return false;
  if (isHead || /^HTTP\/1\.\d (?:204|304)/.test(head)) return true;
  const body = rest.join('\r\n\r\n');
  if (/transfer-encoding: chunked/i.test(head)) return /(?:^|\r\n)0\r\n(?:$|\r\n)/.test(`${body}\r\n`);
  const length = /content-length: (\d+)/i.exec(head)?.[1];
  return length !== undefined && body.length >= Number(length);
}

/** Waits for one more line of an access log. */
export async function nextLine(read: () => string, from: number): Promise<string> {
  const complete = (): readonly string[] => read().slice(from).split('\n').slice(0, -1);
  await until(
    () => Promise.resolve(complete().length > 0),
    () => 'a line in the access log',
  );
  return complete()[0] ?? '';
}

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/** A line of JSON, with varying values replaced. @param ports of servers and entry points, by name. */
export function toFields(line: string, ports: Readonly<Record<string, number>>): Record<string, unknown> {
  const fields = JSON.parse(line) as Record<string, unknown>;
  const { RefusalCode: code, DownstreamContentSize: size } = fields;
  if (code !== undefined && size !== 0)
    for (const name of ['DownstreamContentSize', 'OriginContentSize'])
      if (fields[name] === size) fields[name] = problem;
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([name]) => !ownFields.has(name))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [name, toStable(name, value, ports)]),
  );
}

/** Fields that Traefik does not have, or not in this format. */
const ownFields: ReadonlySet<string> = new Set(['RequestId', 'RefusalCode', 'RefusalReason', 'time']);

function toStable(name: string, value: unknown, ports: Readonly<Record<string, number>>): unknown {
  if (/^Start/.test(name)) return typeof value === 'string' && instant.test(value) ? 'TIME' : value;
  if (/Duration$|^Overhead$/.test(name))
    return typeof value === 'number' ? (value > 0 ? 'NANOSECONDS' : value) : value;
  if (name === 'RequestCount') return typeof value === 'number' ? 'COUNT' : value;
  if (name === 'ClientPort') return /^\d+$/.test(String(value)) ? 'CLIENT' : value;
  if (typeof value !== 'string') return value;
  return name === 'ClientAddr' ? value.replace(/:\d+$/, ':CLIENT') : withPorts(value, ports);
}

const withPorts = (text: string, ports: Readonly<Record<string, number>>): string =>
  Object.entries(ports).reduce(
    (changed, [name, port]) => changed.replaceAll(String(port), name.toUpperCase()),
    text,
  );

/** The expected line of the common format: the recorded line, with the fields that differ. */
export function toWantedLine(line: string, differs: LogCase['differs'] = {}): RegExp {
  const {
    DownstreamStatus: status,
    DownstreamContentSize: size,
    RequestPath: path,
    RouterName: router,
  } = differs;
  const changed = line
    .replace(
      /(" )(\d+) (\d+) (?=")/,
      (_all, before: string, was: string, bytes: string) => `${before}${status ?? was} ${size ?? bytes} `,
    )
    .replace(/^([^"]*"\S+ )\S+/, (all, before: string) => (path === undefined ? all : `${before}${path}`))
    .replace(/COUNT "[^"]*"/, (all) => (router === undefined ? all : `COUNT "${router}"`));
  const pattern = changed.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&').replace(problem, '\\d{3}');
  return new RegExp(`^${pattern}$`);
}

/** A line of the common format, with varying values replaced. */
export const toStableLine = (line: string, ports: Readonly<Record<string, number>>): string =>
  withPorts(line, ports)
    .replace(/\[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]/, '[TIME]')
    .replace(/ \d+ ("[^"]*" "[^"]*") \d+ms$/, ' COUNT $1 MS')
    .replace(/ \d+ms$/, ' MS');
