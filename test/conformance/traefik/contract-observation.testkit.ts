import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { hostname } from 'node:os';
import { text } from 'node:stream/consumers';
import type {
  ContractResponse,
  ContractCase,
  ContractObservation,
  ContractRequest,
} from './contract-case.ts';
import type { ContractSubject } from './contract-subject.testkit.ts';

const passing: ContractResponse = {
  status: 200,
  headers: ['Authorization', 'Bearer token', 'X-User', 'boss'],
};

interface WireResponse {
  readonly status: number;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** Sends a case, and returns what the caller and the servers received. */
export async function observe(subject: ContractSubject, one: ContractCase): Promise<ContractObservation> {
  const { servers } = subject;
  const { entryPoint = 'plain', check = 'plain', path = '1', transport = 'http1' } = one;
  servers.answer(one.answer ?? passing);
  servers.takeSeen();
  const target = path.includes('://') ? path : `/${check}/${path}`;
  const received = await senders[transport](subject.originOf(entryPoint), target, one);
  const seen = servers.takeSeen();
  const ports = [new URL(subject.originOf(entryPoint)).port, ...Object.values(servers.ports).map(String)];
  const hide = (value: string): string =>
    ports.reduce((text, port) => text.replaceAll(`127.0.0.1:${port}`, '127.0.0.1:PORT'), value);
  const tidy = (request: ContractRequest | null): ContractRequest | null =>
    request && {
      ...request,
      headers: request.headers.map((line) =>
        hide(line === `X-Forwarded-Server: ${hostname()}` ? 'X-Forwarded-Server: HOSTNAME' : line),
      ),
    };
  return {
    status: received.status,
    headers: toLines(received.rawHeaders, transport).map(hide),
    body: received.body,
    check: tidy(seen.check),
    service: tidy(seen.service),
  };
}

/**
 * Sorted, because Go and Node.js put their own headers in different places. Headers with dates and `Connection` differ, and are
 * omitted.
 */
function toLines(rawHeaders: readonly string[], transport: string): readonly string[] {
  const lines: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    const upgrades =
      transport === 'upgrade' && /^connection$/i.test(name) && rawHeaders[at + 1] === 'Upgrade';
    if (upgrades || !/^(?::.*|date|connection|keep-alive)$/i.test(name))
      lines.push(`${name}: ${rawHeaders[at + 1] ?? ''}`);
  }
  return lines.sort();
}

type Send = (origin: string, target: string, one: ContractCase) => Promise<WireResponse>;

const senders: Readonly<Record<NonNullable<ContractCase['transport']>, Send>> = {
  async http1(origin, target, one) {
    const { method = 'GET', headers = [], body = '' } = one;
    const framed = headers.some((name, at) => at % 2 === 0 && name === 'Transfer-Encoding');
    const length = body === '' || framed ? [] : ['Content-Length', String(Buffer.byteLength(body))];
    const { hostname: host, port } = new URL(origin);
    const outgoing = httpRequest({
      ...{ host, port, method, path: target, agent: false },
      headers: ['Host', 'a.example', ...headers, ...length],
    });
    outgoing.end(body);
    const [message] = (await once(outgoing, 'response')) as [IncomingMessage];
    return { status: message.statusCode ?? 0, rawHeaders: message.rawHeaders, body: await text(message) };
  },
  async http2(origin, target, { method = 'GET', headers = [], body = '' }) {
    const session = connectHttp2(origin);
    const fields: Record<string, string> = {};
    for (let at = 0; at + 1 < headers.length; at += 2)
      fields[headers[at]!.toLowerCase()] = headers[at + 1] ?? '';
    const stream = session.request(
      {
        ':method': method,
        ':path': target,
        ':authority': 'a.example',
        ...fields,
        ...(body !== '' && { 'content-length': String(body.length) }),
      },
      { endStream: body === '' },
    );
    if (body !== '') stream.end(body);
    const [answered] = (await once(stream, 'response')) as [Record<string, string | string[]>];
    const received = await text(stream);
    session.destroy();
    const rawHeaders = Object.entries(answered).flatMap(([name, values]) =>
      [values].flat().flatMap((value) => [name, value]),
    );
    return { status: Number(answered[':status']), rawHeaders, body: received };
  },
  async upgrade(origin, target, { headers = [] }) {
    const { hostname: host, port } = new URL(origin);
    const webSocket = ['Upgrade', 'websocket', 'Sec-WebSocket-Version', '13', 'Sec-WebSocket-Key', key];
    const handshake = headers.includes('foo/2') ? [] : webSocket;
    const outgoing = httpRequest({
      ...{ host, port, path: target, agent: false },
      headers: ['Host', 'a.example', ...headers, ...handshake],
    });
    outgoing.end();
    const refused = once(outgoing, 'response').then(async ([message]) => {
      const { statusCode = 0, rawHeaders } = message as IncomingMessage;
      return { status: statusCode, rawHeaders, body: await text(message as IncomingMessage) };
    });
    const upgraded = once(outgoing, 'upgrade').then(async ([message, socket]) => {
      const { statusCode = 0, rawHeaders } = message as IncomingMessage;
      (socket as NodeJS.WritableStream).write('there and back');
      const [back] = (await once(socket as NodeJS.EventEmitter, 'data')) as [Buffer];
      (socket as { destroy(): void }).destroy();
      return { status: statusCode, rawHeaders, body: back.toString() };
    });
    return Promise.race([refused, upgraded]);
  },
};

const key = 'dGhlIHNhbXBsZSBub25jZQ==';
