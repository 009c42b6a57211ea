import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { AuthorizationServer } from '../../../testkit/src/authorization-server.ts';
import { startAuthorizationServer } from '../../../testkit/src/authorization-server.ts';

/** Fixture for the tests of one framework; started and closed with the file's tests. */
export interface ProtectedAppTests {
  readonly server: AuthorizationServer;
  /** Serves an application on a free port of 127.0.0.1 and returns its origin. Applications close after the test, in reverse order. */
  serve(listener: RequestListener): Promise<string>;
  /** Closed after the test. */
  closeLater<T extends { close(): Promise<unknown> }>(closeable: T): T;
}

/** Clients `admin` and `tester`, each with its name in claim `grp`, and its name plus `-secret` as its secret. */
export function protectedAppTests(): ProtectedAppTests {
  let server: AuthorizationServer | undefined;
  let closers: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    const client = (id: string) => ({ clientId: id, clientSecret: `${id}-secret`, claims: { grp: id } });
    server = await startAuthorizationServer({ clients: [client('admin'), client('tester')] });
  });
  afterEach(async () => {
    for (const close of closers.reverse()) await close();
    closers = [];
  });
  afterAll(() => server?.close());
  return {
    get server() {
      if (server === undefined) throw new TypeError('the tests have not begun');
      return server;
    },
    async serve(listener) {
      const listening = createServer(listener);
      await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
      closers.push(() => closeServer(listening));
      return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
    },
    closeLater(closeable) {
      closers.push(() => closeable.close());
      return closeable;
    },
  };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** `Authorization` of one of the clients. */
export const as = (id: string): { readonly authorization: string } => ({
  authorization: `Basic ${Buffer.from(`${id}:${id}-secret`).toString('base64')}`,
});

export interface AppResponse {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Calls an application over a separate connection. */
export function call(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  body?: string,
): Promise<AppResponse> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(url, {
      agent: false,
      method: body === undefined ? 'GET' : 'POST',
      headers,
    });
    outgoing.on('error', reject);
    outgoing.on('response', (answer) => {
      text(answer).then(
        (content) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: content }),
        reject,
      );
    });
    outgoing.end(body);
  });
}

/** Sends a request and hangs up once `reached` reports that the application has it. */
export async function hangUp(
  url: string,
  headers: Readonly<Record<string, string>>,
  reached: Promise<unknown>,
): Promise<void> {
  const outgoing = httpRequest(url, { agent: false, headers });
  const closed = new Promise((resolve) => outgoing.on('error', resolve).on('close', resolve));
  outgoing.end();
  await reached;
  outgoing.destroy();
  await closed;
}
