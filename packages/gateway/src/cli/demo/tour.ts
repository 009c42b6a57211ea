import type { Dispatcher } from 'undici';
import { request } from 'undici';

/** One stop of the tour: a request and the expected response. */
export interface TourStop {
  readonly title: string;
  readonly path: string;
  /** `client ID:secret` for Basic credentials. */
  readonly user?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
  /** Texts that the response must contain. */
  readonly shows: readonly string[];
  /** Expected number of token requests. */
  readonly tokenRequests: number;
}

export const stops: readonly TourStop[] = [
  {
    title: 'Application level: the caller brings a client ID and secret',
    path: '/app',
    user: 'orders:orders-secret',
    status: 200,
    shows: ['"authorization": "Bearer eyJ', '"group": "admin"', '"team": "Orders"'],
    tokenRequests: 1,
  },
  {
    title: 'The same request: the token comes from the cache',
    path: '/app',
    user: 'orders:orders-secret',
    status: 200,
    shows: ['"authorization": "Bearer eyJ', '"group": "admin"'],
    tokenRequests: 0,
  },
  {
    title: 'A wrong secret never gets a cached token',
    path: '/app',
    user: 'orders:wrong-secret',
    status: 401,
    shows: ['"code":"credentials_refused"'],
    tokenRequests: 1,
  },
  {
    title: 'Right credentials, but claims that the route does not accept',
    path: '/app',
    user: 'visitor:visitor-secret',
    status: 403,
    shows: ['"code":"claims_not_satisfied"'],
    tokenRequests: 1,
  },
  {
    title: 'Gateway level: the gateway holds the credentials; a caller cannot forge a header from claims',
    path: '/gateway',
    headers: { Group: 'root' },
    status: 200,
    shows: ['"authorization": "Bearer eyJ', '"group": "admin"', '"expires-at": "'],
    tokenRequests: 1,
  },
];

/** Command line that sends the same request. */
export function toCurl({ path, user, headers = {} }: TourStop, gatewayUrl: string): string {
  const words = ['curl'];
  if (user !== undefined) words.push(`-u ${user}`);
  for (const [name, value] of Object.entries(headers)) words.push(`-H '${name}: ${value}'`);
  return [...words, `${gatewayUrl}${path}`].join(' ');
}

export interface TourVisit {
  readonly status: number;
  readonly body: string;
  readonly tokenRequests: number;
  /** Differences from the expected response. */
  readonly faults: readonly string[];
}

/** Sends the request of a stop and compares the response. */
export async function visit(
  stop: TourStop,
  gatewayUrl: string,
  { dispatcher, tokenRequests }: { readonly dispatcher: Dispatcher; readonly tokenRequests: () => number },
): Promise<TourVisit> {
  const before = tokenRequests();
  const { statusCode, body } = await request(`${gatewayUrl}${stop.path}`, {
    dispatcher,
    headers: {
      ...stop.headers,
      ...(stop.user !== undefined && { authorization: `Basic ${Buffer.from(stop.user).toString('base64')}` }),
    },
  });
  const text = await body.text();
  const asked = tokenRequests() - before;
  const faults = stop.shows
    .filter((shown) => !text.includes(shown))
    .map((shown) => `expected ${shown} in the response`);
  if (statusCode !== stop.status) faults.push(`expected status ${stop.status}, got ${statusCode}`);
  if (asked !== stop.tokenRequests)
    faults.push(`expected ${stop.tokenRequests} token requests, got ${asked}`);
  return { status: statusCode, body: text, tokenRequests: asked, faults };
}
