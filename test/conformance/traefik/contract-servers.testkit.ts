import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createNetServer } from 'node:net';
import { text } from 'node:stream/consumers';
import type { ContractResponse, ContractRequest } from './contract-case.ts';

/** The servers behind Traefik in the contract suite, on real sockets. */
export interface ContractServers {
  readonly ports: { readonly check: number; readonly frozen: number; readonly service: number };
  /** The forward-auth server's responses from now on. */
  answer(answer: ContractResponse): void;
  /** Requests that both have received since the last call. */
  takeSeen(): { readonly check: ContractRequest | null; readonly service: ContractRequest | null };
  /** Resolves when the server that never responds has received a request. */
  readonly frozenAsked: Promise<void>;
  close(): Promise<void>;
}

export async function startContractServers(): Promise<ContractServers> {
  let answer: ContractResponse = { status: 200 };
  let seen: { check: ContractRequest | null; service: ContractRequest | null } = {
    check: null,
    service: null,
  };
  const check = createServer((request, response) => {
    void toSeen(request).then((one) => {
      seen = { ...seen, check: one };
      response.sendDate = false;
      response.writeHead(answer.status, [...(answer.headers ?? [])]);
      response.end(answer.body);
    });
  });
  const service = createServer((request, response) => {
    void toSeen(request).then((one) => {
      seen = { ...seen, service: one };
      response.writeHead(200, [
        'Content-Type',
        'text/plain',
        'x-served-BY',
        'service',
        'X-Served-By',
        'again',
      ]);
      response.end('served');
    });
  });
  service.on('upgrade', (request: IncomingMessage, socket) => {
    seen = { ...seen, service: describe(request, '') };
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    socket.on('error', () => socket.destroy());
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade ?? ''}\r\n` +
        `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.pipe(socket);
  });
  let asked = (): void => {};
  const frozenAsked = new Promise<void>((resolve) => (asked = resolve));
  const stuck = new Set<Socket>();
  const frozen = createNetServer((socket) => {
    stuck.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('data', () => asked());
  });
  const servers = [check, frozen, service];
  const [checkPort, frozenPort, servicePort] = await Promise.all(servers.map(listen));
  return {
    ports: { check: checkPort!, frozen: frozenPort!, service: servicePort! },
    answer: (given) => void (answer = given),
    takeSeen() {
      const taken = seen;
      seen = { check: null, service: null };
      return taken;
    },
    frozenAsked,
    async close() {
      check.closeAllConnections();
      service.closeAllConnections();
      for (const socket of stuck) socket.destroy();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

async function toSeen(request: IncomingMessage): Promise<ContractRequest> {
  return describe(request, await text(request));
}

function describe({ method = '', url = '', rawHeaders }: IncomingMessage, body: string): ContractRequest {
  const headers: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    headers.push(`${rawHeaders[at] ?? ''}: ${rawHeaders[at + 1] ?? ''}`);
  return { request: `${method} ${url}`, headers, body };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return (server.address() as AddressInfo).port;
}
