import type { EncodedCharacters } from '../config/entry-point-config.ts';
import type { RequestFacts } from './facts.ts';
import { MatchContext } from './match-context.ts';
import { createReadPath, toRoutingPath } from './request-path.ts';

/** Facts of a plain `GET /` from a loopback peer; a test overrides the members it needs. `target` fills path and query. */
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
    trusted: false,
    authorization: undefined,
    tls: undefined,
    ...given,
  });
}

/** The defaults of an entry point. */
export const encodedCharacters: EncodedCharacters = Object.freeze({
  allowEncodedSlash: false,
  allowEncodedBackSlash: false,
  allowEncodedNullCharacter: false,
  allowEncodedSemicolon: true,
  allowEncodedPercent: true,
  allowEncodedQuestionMark: true,
  allowEncodedHash: true,
});

const readPath = createReadPath({
  ...encodedCharacters,
  allowEncodedSlash: true,
  allowEncodedBackSlash: true,
  allowEncodedNullCharacter: true,
});

/** Context for rules, with a path that an entry point accepts when it allows all encoded characters. */
export function createContext(given: Partial<RequestFacts> = {}): MatchContext {
  const facts = createFacts(given);
  const path = readPath(facts.path);
  if (path === undefined) throw new Error(`an entry point would refuse the path ${facts.path}`);
  return new MatchContext(facts, toRoutingPath(path));
}
