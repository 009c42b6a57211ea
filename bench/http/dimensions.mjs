import { cases } from './cases.mjs';

const answer = cases.get('28B-get-keepalive');
/** One token is in memory for each of this number of credentials. */
export const manyCredentials = 10_000;
export const someRouters = 1_000;
export const manyRouters = 10_000;

/** The measured gateways: application level, with all options of `startGrantgate` in addition. */
export const gateways = {
  one: {},
  callers: {},
  two: { workers: 2 },
  silent: { accessLog: false },
  metered: { metrics: true },
  served: { api: true },
  followed: { api: true, pages: 1 },
  few: { routers: 10 },
  some: { routers: someRouters },
  many: { routers: manyRouters },
};

const rotating = (name, gateway, rotation) => ({ name, gateway, asks: { ...answer, rotation } });

/** Dimensions that may increase the cost of a request: for each value the gateway and the request. The first is the baseline. */
export const dimensions = [
  {
    name: 'headers',
    first: 'header fields',
    contestants: [5, 20, 50, 100].map((count) => rotating(String(count), 'one', [`headers=${count}`])),
  },
  {
    name: 'heads',
    first: 'heads of requests',
    contestants: [rotating('all the same', 'one', []), rotating('all different', 'one', ['identified=1'])],
  },
  ...['get', 'post'].map((method) => ({
    name: `body-${method}`,
    first: method === 'get' ? 'answer of' : 'upload of',
    contestants: ['28B', '16KiB', '1MiB'].map((size) => ({
      name: size,
      gateway: 'one',
      asks: cases.get(`${size}-${method}-keepalive`),
    })),
  })),
  {
    name: 'credentials',
    first: 'credentials in turn',
    contestants: [1, 100, manyCredentials].map((count) =>
      rotating(String(count), 'callers', [`credentials=${count}`]),
    ),
  },
  {
    name: 'routers',
    first: 'routers in turn',
    contestants: [
      rotating('10', 'few', ['routers=10']),
      rotating(String(someRouters), 'some', [`routers=${someRouters}`]),
      rotating(String(manyRouters), 'many', [`routers=${manyRouters}`]),
    ],
  },
  {
    name: 'observing',
    first: 'written and counted',
    contestants: [
      { name: 'nothing', gateway: 'silent', asks: answer },
      { name: 'access log', gateway: 'one', asks: answer },
      { name: 'access log and metrics', gateway: 'metered', asks: answer },
    ],
  },
  {
    name: 'api',
    first: 'API and dashboard',
    contestants: [
      { name: 'off', gateway: 'one', asks: answer },
      { name: 'on', gateway: 'served', asks: answer },
      { name: 'on, a page open', gateway: 'followed', asks: answer },
    ],
  },
  {
    name: 'workers',
    first: 'workers',
    contestants: [
      { name: '1', gateway: 'one', asks: answer },
      { name: '2', gateway: 'two', asks: answer },
    ],
  },
];
