import type { MiddlewareConfig } from '../../config/dynamic.ts';
import { isMapping, valueAt } from '../../config/path.ts';
import type { Place, Problem } from '../../config/place.ts';
import { createProblem, errorsOf } from '../../config/problem.ts';
import type { Source } from '../../config/read.ts';
import { describeUnknown } from '../../config/read.ts';

export interface MiddlewareIdentity {
  /** Qualified. */
  readonly name: string;
  readonly place: Place;
  /** Undefined outside Kubernetes. */
  readonly namespace: string | undefined;
}

export interface ReadMiddleware {
  readonly config: MiddlewareConfig;
  readonly problems: readonly Problem[];
}

/** The two formats write a chain's members differently. */
export type ReadChain = (source: Source) => {
  readonly middlewares: readonly string[];
  readonly problems: readonly Problem[];
};

const clientCredentials = 'oAuthClientCredentials';

/** Traefik's own types, which have no meaning here: leaving one out of a route would open it. */
const traefikTypes = [
  'addPrefix', 'basicAuth', 'buffering', 'circuitBreaker', 'compress', 'contentType', 'digestAuth', 'encodedCharacters',
  'errors', 'forwardAuth', 'grpcWeb', 'headers', 'inFlightReq', 'ipAllowList', 'ipWhiteList', 'passTLSClientCert',
  'rateLimit', 'redirectRegex', 'redirectScheme', 'replacePath', 'replacePathRegex', 'retry', 'stripPrefix',
  'stripPrefixRegex',
]; // prettier-ignore

/** Reads a middleware's type and what stands below it; of any type but ours it comes out broken, so that its routes refuse. */
export function readMiddleware(
  source: Source,
  identity: MiddlewareIdentity,
  readChain: ReadChain,
): ReadMiddleware {
  const { document, path } = source;
  const broken = (details: { code: string; message: string }, at = path): ReadMiddleware => {
    const problems = [createProblem(document, at, { ...details, part: 'key' })];
    const { name, place } = identity;
    return { config: { kind: 'chain', name, place, errors: problems, middlewares: [] }, problems };
  };
  const types = keysOf(source);
  const [type] = types;
  const expected = `expected plugin.${clientCredentials} or chain`;
  if (type === undefined) return broken({ code: 'invalid_value', message: expected });
  if (types.length > 1)
    return broken({ code: 'invalid_value', message: `one middleware is of one type: ${types.join(', ')}` });
  const at = [...path, type];
  if (isSame(type, 'chain')) {
    const { middlewares, problems } = readChain({ document, path: at });
    const { name, place } = identity;
    return {
      config: { kind: 'chain', name, place, errors: errorsOf(problems), middlewares },
      problems,
    };
  }
  if (!isSame(type, 'plugin')) {
    const known = traefikTypes.find((name) => isSame(type, name));
    return known === undefined
      ? broken(
          {
            code: 'unknown_middleware',
            message: describeUnknown('middleware type', type, ['plugin', 'chain', ...traefikTypes]),
          },
          at,
        )
      : broken(
          {
            code: 'unsupported_middleware',
            message: `the middleware type ${known} is not supported: ${expected}`,
          },
          at,
        );
  }
  const [plugin, ...more] = keysOf({ document, path: at });
  if (plugin === undefined || more.length > 0)
    return broken({ code: 'invalid_value', message: expected }, at);
  const options = [...at, plugin];
  if (!isSame(plugin, clientCredentials))
    return broken(
      { code: 'unknown_middleware', message: describeUnknown('plugin', plugin, [clientCredentials]) },
      options,
    );
  return {
    config: {
      kind: clientCredentials,
      ...identity,
      errors: [],
      localReferences: document.localReferences,
      options: valueAt(document.value, options),
      placeOf: (option, part) => document.placeOf([...options, ...option], part),
    },
    problems: [],
  };
}

const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

function keysOf({ document, path }: Source): readonly string[] {
  const value = valueAt(document.value, path);
  return isMapping(value) ? Object.keys(value) : [];
}
