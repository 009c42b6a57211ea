import { compileRegexp } from '../../routing/regexp/compile.ts';
import { valueIn, type HeaderList } from '../../http1/message/header-list.ts';
import type { Reply, StepRequest } from '../step.ts';
import type { HeadersOptions } from './schema.ts';

/** Cross-origin resource sharing (https://fetch.spec.whatwg.org/#http-cors-protocol), as in Traefik. */
export interface Cors {
  /** The response to a preflight request; undefined for any other request. */
  readonly preflight: (request: StepRequest) => Reply | undefined;
  /** Headers of a response that replace the server's headers of the same names. */
  readonly headersFor: (request: StepRequest, headers: HeaderList) => HeaderList;
}

/** Undefined when no option configures it. */
export function compileCors(options: HeadersOptions): Cors | undefined {
  const {
    accessControlAllowCredentials: credentials,
    accessControlAllowHeaders: allowHeaders,
    accessControlAllowMethods: allowMethods,
    accessControlAllowOriginList: origins,
    accessControlAllowOriginListRegex: expressions,
    accessControlExposeHeaders: exposed,
    accessControlMaxAge: maxAge,
    addVaryHeader,
  } = options;
  const lists = [allowHeaders, allowMethods, origins, expressions, exposed];
  if (!credentials && !addVaryHeader && maxAge === 0 && lists.every(({ length }) => length === 0))
    return undefined;
  const toAllowedOrigin = createToAllowedOrigin(origins, expressions);
  const common = [
    ...(credentials ? ['Access-Control-Allow-Credentials', 'true'] : []),
    ...pair('Access-Control-Expose-Headers', exposed.join(',')),
  ];
  const onPreflight = [
    ...common,
    ...pair('Access-Control-Allow-Headers', allowHeaders.join(',')),
    ...pair('Access-Control-Allow-Methods', allowMethods.join(',')),
    ...pair('Access-Control-Max-Age', maxAge === 0 ? '' : String(maxAge)),
  ];
  return {
    preflight(request) {
      if (request.facts.method !== 'OPTIONS') return undefined;
      const origin = request.header('origin') ?? '';
      if (origin === '' || (request.header('access-control-request-method') ?? '') === '') return undefined;
      const headers = [...onPreflight, ...pair(allowOrigin, toAllowedOrigin(origin) ?? '')];
      return { allowed: false, response: { status: 200, headers, body: noBody } };
    },
    headersFor: (request, headers) => [
      ...common,
      ...pair(allowOrigin, toAllowedOrigin(request.header('origin') ?? '') ?? ''),
      ...(addVaryHeader ? ['Vary', toVary(valueIn(headers, 'vary'))] : []),
    ],
  };
}

const allowOrigin = 'Access-Control-Allow-Origin';
const noBody = Buffer.alloc(0);

const pair = (name: string, value: string): HeaderList => (value === '' ? [] : [name, value]);

const toVary = (before: string | undefined): string =>
  before === undefined || before === '' || before === 'Origin' ? 'Origin' : `${before},Origin`;

/** Value of `Access-Control-Allow-Origin` for an origin; undefined: no header. */
function createToAllowedOrigin(
  origins: readonly string[],
  expressions: readonly string[],
): (origin: string) => string | undefined {
  const tests = expressions.flatMap((source) => {
    const compiled = compileRegexp(source);
    return compiled.ok ? [compiled.test] : [];
  });
  return (origin) => {
    const listed = origins.find((item) => item === '*' || item === origin);
    if (listed !== undefined) return listed;
    return tests.some((test) => test(origin, { stepsLeft: maxSteps })) ? origin : undefined;
  };
}

/** Maximum steps of one middleware's expressions for one origin; beyond, the origin is not allowed. */
const maxSteps = 1_000_000;
