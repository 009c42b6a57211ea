import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { until } from '../../../../testkit/src/until.ts';

/** Returns the reply to a command, as bytes; undefined: no reply. */
export type RedisReply = (command: readonly string[], socket: Socket) => string | Buffer | undefined;

/** A server that speaks as much of Redis's protocol as a test needs. */
export interface HostileRedis {
  readonly port: number;
  /** Received commands, in order. */
  readonly commands: readonly (readonly string[])[];
  /** Number of open connections. */
  open(): number;
  /** Resolves when clients in this process have had enough turns to read everything written so far. */
  untilRead(): Promise<void>;
  close(): Promise<void>;
}

const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
const list = (...items: readonly string[]): string => `*${items.length}\r\n${items.join('')}`;

/** Responses of a well-behaved server when `ioredis` connects, as one server, as a cluster of itself, and as a sentinel of itself. */
export function greet([name = '', sub = '']: readonly string[], port: number): string | undefined {
  switch (`${name} ${name === 'cluster' || name === 'sentinel' ? sub : ''}`.trim().toLowerCase()) {
    case 'info':
      return bulk('# Server\r\nredis_version:7.0.0\r\nrole:master\r\nloading:0\r\n');
    case 'role':
      return list(bulk('master'), ':0\r\n', '*0\r\n');
    case 'cluster info':
      return bulk('cluster_state:ok\r\n');
    case 'cluster slots':
      return list(list(':0\r\n', ':16383\r\n', list(bulk('127.0.0.1'), `:${port}\r\n`, bulk('id'))));
    case 'sentinel get-master-addr-by-name':
      return list(bulk('127.0.0.1'), bulk(String(port)));
    case 'sentinel sentinels':
      return '*0\r\n';
    case 'auth':
    case 'client':
    case 'select':
    case 'readonly':
      return '+OK\r\n';
    default:
      return undefined;
  }
}

/** @param reply returns the reply to each command; `greet` replies to those of the handshake. */
export async function startHostileRedis(reply: (port: number) => RedisReply): Promise<HostileRedis> {
  const commands: (readonly string[])[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
    let pending = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      for (let read = readCommand(pending); read !== undefined; read = readCommand(pending)) {
        pending = pending.subarray(read.end);
        commands.push(read.command);
        const bytes = reply(port)(read.command, socket);
        if (bytes !== undefined) socket.write(bytes);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    port,
    commands,
    open: () => sockets.size,
    async untilRead() {
      await until(() => [...sockets].every((socket) => socket.writableLength === 0));
      // In each turn, the system reports what is readable; a client reads 64 KiB at a time.
      for (let turn = 0; turn < 32; turn += 1) {
        const probe = connect(port, '127.0.0.1');
        await once(probe, 'connect');
        probe.destroy();
      }
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A command is an array of bulk strings. */
function readCommand(
  bytes: Buffer,
): { readonly command: readonly string[]; readonly end: number } | undefined {
  let at = 0;
  const readLength = (): number | undefined => {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) return undefined;
    const length = Number(bytes.toString('latin1', at + 1, end));
    at = end + 2;
    return length;
  };
  const count = readLength();
  if (count === undefined) return undefined;
  const command: string[] = [];
  while (command.length < count) {
    const length = readLength();
    if (length === undefined || at + length + 2 > bytes.length) return undefined;
    command.push(bytes.toString('latin1', at, at + length));
    at += length + 2;
  }
  return { command, end: at };
}
