import { expect, it } from 'vitest';
import { toStoreName } from '../observe/metrics/configuration-labels.ts';
import { translate } from '../providers/translate/translate.ts';
import { parseDocuments } from '../config/parse-documents.ts';
import { prepare } from '../snapshot/prepare.ts';
import { findStores } from './find-stores.ts';

const url = 'https://as.example.com/token';
const createStore = (host: string) => ({
  secret: '0123456789abcdef',
  redis: { endpoints: [`${host}:6379`] },
});
const client = { clientID: 'gateway', clientSecret: 'hush' };

const middlewares = {
  token: { plugin: { oAuthClientCredentials: { url, store: createStore('token') } } },
  opaque: {
    plugin: { oAuthIntrospection: { clientConfig: { url }, ...client, store: createStore('opaque') } },
  },
  exchange: { plugin: { oAuthTokenExchange: { url, ...client, store: createStore('exchange') } } },
  proofs: {
    plugin: {
      jwt: {
        jwksUrl: url,
        issuers: ['https://as.example.com'],
        audience: 'orders',
        requireBinding: 'dpop',
        store: createStore('proofs'),
      },
    },
  },
  rate: { rateLimit: { average: 1, redis: { endpoints: ['rate:6379'] } } },
  flight: { inFlightReq: { amount: 1, redis: { endpoints: ['flight:6379'] } } },
  without: { plugin: { oAuthClientCredentials: { url } } },
};

it('finds the store of each kind of middleware that can have one', () => {
  const { documents, problems } = parseDocuments(JSON.stringify({ http: { middlewares } }), 'routes.yaml');
  const { steps, problems: found } = prepare(translate(documents, problems), {
    env: {},
    realPath: (path) => path,
    readFile: () => '',
    entryPoints: undefined,
  });
  expect(found).toEqual([]);
  expect(findStores(steps).map(({ middleware, redis }) => [middleware, toStoreName(redis)])).toEqual(
    ['token', 'opaque', 'exchange', 'proofs', 'rate', 'flight'].map((name) => [
      `${name}@file`,
      `${name}:6379`,
    ]),
  );
});
