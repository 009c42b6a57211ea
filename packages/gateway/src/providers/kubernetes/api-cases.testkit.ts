import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';

// Behaviour of an API server that a client must handle. `test/kubernetes` compares it with a real one (kube-apiserver 1.36.0, last on
// 2026-11-29), and the fake API server is tested with the same cases.

/** A request with the response of every API server. */
export interface ApiCase {
  readonly name: string;
  readonly method?: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly body?: object;
  /** Default: `admin`, who has all permissions; `gateway` has no role, and `nobody` is unknown. */
  readonly as?: 'gateway' | 'nobody';
  readonly status: number;
  /** Expected `message` of a `Status`, or text, in the body. */
  readonly says?: string;
  /** Expected parts of the body, by path. */
  readonly has?: Readonly<Record<string, unknown>>;
  /** Default: JSON. */
  readonly type?: 'text/plain';
}

/** Objects that exist before the first case. */
export const caseObjects = ['other', 'keys', 'more']
  .map(
    (name) =>
      `{ apiVersion: v1, kind: Secret, metadata: { name: ${name}, namespace: apps }, stringData: { id: a } }`,
  )
  .join('\n---\n');
/** A namespace that is being deleted. */
export const endingNamespace = 'ending';

const secrets = '/api/v1/namespaces/apps/secrets';
const named = (name: string): string => `?fieldSelector=metadata.name%3D${name}`;
const events = (namespace: string): string => `/apis/events.k8s.io/v1/namespaces/${namespace}/events`;
const event = (name: string, more: object = {}): object => ({
  apiVersion: 'events.k8s.io/v1',
  kind: 'Event',
  metadata: { name },
  eventTime: '2026-11-29T10:00:00.000000Z',
  reportingController: 'grantgate.dev/gateway',
  reportingInstance: 'gateway-1',
  action: 'Load',
  reason: 'Broken',
  type: 'Warning',
  note: 'x',
  regarding: { apiVersion: 'v1', kind: 'Secret', namespace: 'apps', name: 'keys' },
  ...more,
});
const create = (name: string, more?: object): Pick<ApiCase, 'method' | 'path' | 'body'> => ({
  method: 'POST',
  path: events('apps'),
  body: event(name, more),
});
const patch = (name: string, count: number): Pick<ApiCase, 'method' | 'path' | 'body'> => ({
  method: 'PATCH',
  path: `${events('apps')}/${name}`,
  body: { series: { count, lastObservedTime: '2026-11-29T10:00:00.000000Z' } },
});

export const apiCases: readonly ApiCase[] = [
  {
    name: 'refuses a token that it does not know',
    path: secrets,
    as: 'nobody',
    status: 401,
    says: 'Unauthorized',
  },
  {
    name: 'says which role is missing',
    path: '/api/v1/secrets',
    as: 'gateway',
    status: 403,
    says: 'secrets is forbidden: User "gateway" cannot list resource "secrets" in API group "" at the cluster scope',
  },
  {
    name: 'says which role is missing for one object',
    path: `${secrets}${named('keys')}`,
    as: 'gateway',
    status: 403,
    says: 'secrets "keys" is forbidden: User "gateway" cannot list resource "secrets" in API group "" in the namespace "apps"',
  },
  {
    name: 'says in plain text that a kind is not installed',
    path: '/apis/gateway.networking.k8s.io/v1/httproutes',
    status: 404,
    says: '404 page not found',
    type: 'text/plain',
  },
  {
    name: 'lists in the order of names, without the kind of each item',
    path: secrets,
    status: 200,
    has: {
      kind: 'SecretList',
      apiVersion: 'v1',
      'items.length': 3,
      'items.0.metadata.name': 'keys',
      'items.0.kind': undefined,
    },
  },
  {
    name: 'lists the one object that is selected',
    path: `${secrets}${named('keys')}`,
    status: 200,
    has: { 'items.length': 1, 'items.0.data.id': 'YQ==' },
  },
  {
    name: 'lists nothing in a namespace that does not exist',
    path: '/api/v1/namespaces/nowhere/secrets',
    status: 200,
    has: { 'items.length': 0 },
  },
  {
    name: 'says how much is left after a page',
    path: `${secrets}?limit=1`,
    status: 200,
    has: { 'items.length': 1, 'metadata.remainingItemCount': 2 },
  },
  {
    name: 'refuses a page that it never began',
    path: `${secrets}?limit=1&continue=nonsense`,
    status: 400,
    says: 'invalid continue token',
  },
  {
    name: 'says that an object does not exist',
    path: '/api/v1/namespaces/nowhere',
    status: 404,
    says: 'namespaces "nowhere" not found',
  },
  { name: 'takes an Event', ...create('a.1'), status: 201 },
  {
    name: 'takes an Event once',
    ...create('a.1'),
    status: 409,
    says: 'events.events.k8s.io "a.1" already exists',
  },
  {
    name: 'refuses a name that ends with a dot',
    ...create('a-.'),
    status: 422,
    says: 'Event "a-." is invalid: metadata.name: Invalid value',
  },
  {
    name: 'refuses a name of 254 characters',
    ...create('a'.repeat(254)),
    status: 422,
    says: 'must be no more than 253 characters',
  },
  {
    name: 'refuses an Event without an action',
    ...create('a.2', { action: '' }),
    status: 422,
    says: 'Event "a.2" is invalid: action: Required value',
  },
  {
    name: 'refuses a note of more than 1024 bytes, and says characters',
    ...create('a.3', { note: 'ä'.repeat(600) }),
    status: 422,
    says: 'Event "a.3" is invalid: message: Invalid value: "": can have at most 1024 characters',
  },
  {
    name: 'refuses an Event about an object without a namespace',
    ...create('a.4', { regarding: { apiVersion: 'v1', kind: 'Secret', name: 'keys' } }),
    status: 422,
    says: 'involvedObject.namespace: Invalid value: "": does not match event.namespace',
  },
  {
    name: 'cannot read a time in milliseconds',
    ...create('a.5', { eventTime: '2026-11-29T10:00:00.000Z' }),
    status: 400,
    says: 'Event in version "v1" cannot be handled as a Event: parsing time',
  },
  {
    name: 'refuses a series of one',
    ...patch('a.1', 1),
    status: 422,
    says: 'Event "a.1" is invalid: series.count: Invalid value: "": should be at least 2',
  },
  { name: 'takes a series of two', ...patch('a.1', 2), status: 200, has: { 'series.count': 2 } },
  {
    name: 'has no series for an Event that is gone',
    ...patch('none', 2),
    status: 404,
    says: 'events.events.k8s.io "none" not found',
  },
  {
    name: 'refuses an Event of a namespace that does not exist',
    method: 'POST',
    path: events('nowhere'),
    body: event('a.1', { regarding: { kind: 'Secret', namespace: 'nowhere', name: 'keys' } }),
    status: 404,
    says: 'namespaces "nowhere" not found',
  },
  {
    name: 'refuses an Event of a namespace that is being deleted',
    method: 'POST',
    path: events(endingNamespace),
    body: event('a.1', { regarding: { kind: 'Secret', namespace: endingNamespace, name: 'keys' } }),
    status: 403,
    says: `events.events.k8s.io "a.1" is forbidden: unable to create new content in namespace ${endingNamespace} because it is being terminated`,
  },
];

export interface ApiResponse {
  readonly status: number | undefined;
  readonly type: string | undefined;
  /** `message` of a `Status`, or the text. */
  readonly says: string;
  /** Value in the body, at a path of names and indexes. */
  readonly at: (path: string) => unknown;
}

/** Sends the request of a case. */
export function sendCase(
  { url, caFile, token }: { readonly url: string; readonly caFile: string; readonly token: string },
  { method = 'GET', path, body }: ApiCase,
): Promise<ApiResponse> {
  const headers = {
    Authorization: `Bearer ${token}`,
    'Content-Type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      new URL(path, url),
      { method, headers, ca: readFileSync(caFile) },
      (response) =>
        void text(response).then((received) => {
          const type = response.headers['content-type']?.split(';')[0];
          const value: unknown = type === 'application/json' ? JSON.parse(received) : undefined;
          const at = (names: string): unknown =>
            names
              .split('.')
              .reduce<unknown>((of, name) => (of as Record<string, unknown> | undefined)?.[name], value);
          const message = at('message');
          const says = typeof message === 'string' ? message : received;
          resolve({ status: response.statusCode, type, says, at });
        }, reject),
    );
    outgoing.on('error', reject);
    outgoing.end(body && JSON.stringify(body));
  });
}
