import { openLocalServer } from '@grantgate/demo/local-server';
import { Agent } from 'undici';
import { expect, it } from 'vitest';
import type { TourStop } from './tour.ts';
import { toCurl, visit } from './tour.ts';

const stop: TourStop = {
  title: 'a stop',
  path: '/app',
  user: 'orders:orders-secret',
  headers: { Group: 'root' },
  status: 200,
  shows: ['"group": "admin"', '"team": "Orders"'],
  tokenRequests: 1,
};

/** Sends the request of the stop to a server with that response, and returns all differences. */
async function faultsOf(answer: { status: number; body: string; tokenRequests: number }) {
  const server = await openLocalServer(0);
  let asked = 5;
  let received: unknown;
  server.onRequest(({ headers }, response) => {
    const { authorization, group } = headers;
    received = { authorization, group };
    asked += answer.tokenRequests;
    response.writeHead(answer.status).end(answer.body);
  });
  const dispatcher = new Agent();
  const { faults } = await visit(stop, server.url, { dispatcher, tokenRequests: () => asked });
  await dispatcher.close();
  await server.close();
  expect(received).toEqual({ authorization: 'Basic b3JkZXJzOm9yZGVycy1zZWNyZXQ=', group: 'root' });
  return faults;
}

it('accepts an expected response', async () => {
  const body = '{"group": "admin", "team": "Orders"}';
  expect(await faultsOf({ status: 200, body, tokenRequests: 1 })).toEqual([]);
});

it('lists every difference of a response', async () => {
  expect(await faultsOf({ status: 500, body: '"team": "Orders"', tokenRequests: 0 })).toEqual([
    'expected "group": "admin" in the response',
    'expected status 200, got 500',
    'expected 1 token requests, got 0',
  ]);
});

it('shows the command that sends the same request', () => {
  expect(toCurl(stop, 'http://127.0.0.1:8700')).toBe(
    "curl -u orders:orders-secret -H 'Group: root' http://127.0.0.1:8700/app",
  );
});
