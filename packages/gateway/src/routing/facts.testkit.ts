import type { RequestFacts } from './facts.ts';

/** Facts of a plain `GET /` from a loopback peer; a test names what matters to it. `target` fills path and query. */
export function createFacts(given: Partial<RequestFacts> = {}): RequestFacts {
  const target = given.target ?? '/';
  const question = target.indexOf('?');
  return Object.freeze({
    entryPoint: 'web',
    method: 'GET',
    target,
    path: question < 0 ? target : target.slice(0, question),
    query: question < 0 ? '' : target.slice(question + 1),
    host: 'example.com',
    authority: given.host ?? 'example.com',
    scheme: 'http',
    reusesHeaders: false,
    rawHeaders: [],
    remoteAddress: '127.0.0.1',
    remotePort: 40000,
    localPort: 8000,
    trusted: false,
    authorization: undefined,
    ...given,
  });
}
