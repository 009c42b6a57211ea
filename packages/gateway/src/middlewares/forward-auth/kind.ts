import type { MiddlewareConfig } from '../../config/dynamic.ts';
import type { Problem } from '../../config/place.ts';
import { compileRegexp } from '../../routing/regexp/compile.ts';
import type { SharedSources } from '../../secrets/resolve.ts';
import { checkClientTls, tlsSecretOptions, toServerTls, toTlsReferences } from '../client-tls.ts';
import { defineKind, type MiddlewareDeps, type OptionsResult } from '../kind.ts';
import { createOptionProblem, readOptions } from '../read-options.ts';
import { defineRefusal } from '../refusal.ts';
import type { Step, StepRequest, StepResult } from '../step.ts';
import { addCookies, compileCopy, toReply, type AuthResponse } from './auth-response.ts';
import { openAuthenticationServer } from './authentication-server.ts';
import { traceAsk } from './trace-ask.ts';
import { toAuthHeaders } from './request-headers.ts';
import { forwardAuthSchema, type ForwardAuthOptions } from './schema.ts';

const unavailable = defineRefusal(
  {
    code: 'authentication_unavailable',
    status: 500,
    title: 'Authentication unavailable',
    detail: 'the authentication server did not respond',
  },
  '`forwardAuth`: the server of `address` cannot be reached, or its response is invalid or takes more than 30 seconds.',
);
const requestTooLarge = defineRefusal(
  {
    code: 'authentication_body_too_large',
    status: 401,
    title: 'Not authenticated',
    detail: 'the request body is too large to be authenticated',
  },
  '`forwardAuth`: the body exceeds `maxBodySize`.',
);
const responseTooLarge = defineRefusal(
  {
    code: 'authentication_response_too_large',
    status: 401,
    title: 'Not authenticated',
    detail: 'the response of the authentication server is too large',
  },
  '`forwardAuth`: the response exceeds `maxResponseBodySize`.',
);

/** Traefik's `forwardAuth`: a server decides whether a request may pass. */
export const forwardAuth = defineKind<ForwardAuthOptions>({
  name: 'forwardAuth',
  isPlugin: false,
  description: 'Lets an authentication server decide on each request.',
  schema: () => forwardAuthSchema,
  refusals: [unavailable, requestTooLarge, responseTooLarge],
  secretOptions: tlsSecretOptions(['tls']),
  read,
  createCompile: (deps) => (options, name) => compile(options, name, deps),
});

function read(written: MiddlewareConfig, sources: SharedSources): OptionsResult<ForwardAuthOptions> {
  const config = toTlsReferences(written, ['tls'], sources);
  const read = readOptions(forwardAuthSchema, config, sources, {
    ignored: { caOptional: 'Traefik ignores it as well' },
  });
  const { options } = read;
  const found: Problem[] = [
    ...checkClientTls(options?.tls, { config, read, path: ['tls'], peer: 'the server of address' }),
  ];
  const expression = compileRegexp(options?.authResponseHeadersRegex ?? '');
  if (!expression.ok)
    found.push(
      createOptionProblem(config, read.writtenPath(['authResponseHeadersRegex']), {
        code: 'invalid_value',
        message: expression.message,
      }),
    );
  if (options?.forwardBody === true && options.maxBodySize < 0)
    found.push(
      createOptionProblem(config, read.writtenPath(['forwardBody']), {
        severity: 'warning',
        code: 'insecure',
        message: 'bodies of any size are buffered in memory: set maxBodySize',
      }),
    );
  const isBroken = found.some(({ severity }) => severity === 'error');
  return { ...read, options: isBroken ? undefined : options, problems: [...read.problems, ...found] };
}

function compile(
  options: ForwardAuthOptions,
  name: string,
  { clock, tracing }: Pick<MiddlewareDeps, 'clock' | 'tracing'>,
): Step {
  const url = new URL(options.address);
  const server = openAuthenticationServer(url.origin, toServerTls(options.tls), {
    clock,
    maxBytes: options.maxResponseBodySize,
  });
  const copy = compileCopy(options);
  const cookieNames = new Set(options.addAuthCookiesToResponse);
  /** `Set-Cookie` of the authentication server, by request. */
  const cookies = new WeakMap<StepRequest, readonly string[]>();
  const maxBodySize = options.maxBodySize < 0 ? Infinity : options.maxBodySize;

  const send = tracing === undefined ? server.ask : traceAsk(server, url, tracing);
  const ask = async (request: StepRequest, body: Buffer | undefined): Promise<StepResult> => {
    const response = await send({
      method: options.preserveRequestMethod ? request.facts.method : 'GET',
      target: url.pathname + url.search,
      headers: toAuthHeaders(request, url.host, options),
      body,
      upgrade: undefined,
    });
    if ('fault' in response) {
      const { refusal } = response.fault === 'unreachable' ? unavailable : responseTooLarge;
      return { ...refusal, reason: `${url.origin}: ${response.reason}` };
    }
    if (response.head.status < 200 || response.head.status >= 300) return toReply(response, options);
    if (cookieNames.size > 0) cookies.set(request, setCookiesOf(response));
    return copy(request, response);
  };

  const decide = async (request: StepRequest): Promise<StepResult> => {
    if (!options.forwardBody) return ask(request, undefined);
    const body = await request.bufferBody(maxBodySize);
    if (body === undefined) return requestTooLarge.refusal;
    return ask(request, body.length === 0 ? undefined : body);
  };

  return Object.freeze({
    name,
    onRequest: (request) => (tracing === undefined ? decide(request) : tracing.keep(() => decide(request))),
    ...(cookieNames.size > 0 && {
      onResponse(headers, _status, request) {
        const given = cookies.get(request) ?? [];
        return given.length === 0 ? headers : addCookies(headers, given, cookieNames);
      },
    }),
    close: () => server.close(),
  } satisfies Step);
}

function setCookiesOf({ head: { headers } }: AuthResponse): readonly string[] {
  return headers.filter((_, at) => at % 2 === 1 && headers[at - 1] === 'set-cookie');
}
