import { Agent, request } from 'undici';
import type { TourStop } from './tour.ts';

type TrafficRequest = Pick<TourStop, 'path' | 'user'>;

const ordersClient = { path: '/app', user: 'orders:orders-secret' } as const;

/** One round of traffic: most requests pass, and some are refused for different reasons. */
const requests: readonly TrafficRequest[] = [
  ordersClient,
  { path: '/gateway' },
  ordersClient,
  { path: '/app', user: 'visitor:visitor-secret' },
  ordersClient,
  { path: '/app', user: 'my-oauth-client-name:mypasswd' },
  ordersClient,
  { path: '/app' },
];
/** In one of this many rounds, a wrong secret is sent instead of no credentials, because each one costs a token request. */
const wrongSecretEvery = 5;
const wrongSecret: TrafficRequest = { path: '/app', user: 'orders:wrong-secret' };
const intervalMs = 200;

/**
 * Sends requests to the demo's gateway, five a second, so that the dashboard has something to show.
 *
 * @returns a function that stops it and waits for the request in flight.
 */
export function startTraffic(gatewayUrl: string): () => Promise<void> {
  const dispatcher = new Agent();
  const send = async ({ path, user }: TrafficRequest): Promise<void> => {
    const credentials = user === undefined ? undefined : Buffer.from(user).toString('base64');
    const headers = credentials === undefined ? {} : { authorization: `Basic ${credentials}` };
    const { body } = await request(`${gatewayUrl}${path}`, { dispatcher, headers });
    await body.dump();
  };
  let count = 0;
  const timer = setInterval(() => {
    const round = Math.floor(count / requests.length);
    const next = requests[count % requests.length] ?? ordersClient;
    const isWrong = next.user === undefined && next.path === '/app' && round % wrongSecretEvery === 1;
    count += 1;
    // A route that the user has edited may refuse or fail: the dashboard should show that.
    send(isWrong ? wrongSecret : next).catch(() => {});
  }, intervalMs);
  return async () => {
    clearInterval(timer);
    await dispatcher.close();
  };
}
