import { z } from 'zod';
import type { MiddlewareConfig } from '../../config/dynamic.ts';
import type { SharedSources } from '../../secrets/resolve.ts';
import { defineKind, type OptionsResult } from '../kind.ts';
import { createOptionProblem, readOptions } from '../read-options.ts';
import { defineRefusal, type StepRefusal } from '../refusal.ts';
import type { RetryPolicy } from '../retry-policy.ts';
import { unchanged, type Pass, type Step, type StepRequest } from '../step.ts';
import { bufferRequest } from './buffered-request.ts';
import { ResponseBuffer } from './response-buffer.ts';
import { compileRetryExpression, toRetryPolicy } from './retry-expression.ts';

/** Maximum bytes of a body in memory, as in Traefik. */
const usualMemoryBytes = 1_048_576;

const max = z.int().min(0).default(0);
const mem = z.int().min(0).default(usualMemoryBytes);

const schema = z.strictObject({
  maxRequestBodyBytes: max.describe('Maximum size of the body of a request, in bytes; 0: no limit.'),
  memRequestBodyBytes: mem.describe(
    'Maximum size of a request body in memory, in bytes; a larger body goes to a temporary file. 0: the default.',
  ),
  maxResponseBodyBytes: max.describe('Maximum size of the body of a response, in bytes; 0: no limit.'),
  memResponseBodyBytes: mem.describe(
    'Maximum size of a response body in memory, in bytes; a larger body goes to a temporary file. 0: the default.',
  ),
  retryExpression: z
    .string()
    .optional()
    .describe(
      'Condition under which a request is sent to a server again, at most ten times: comparisons of `Attempts()`, `ResponseCode()` and `RequestMethod()`, and `IsNetworkError()`, joined by `&&`, `||`, `!` and parentheses.',
    ),
});

type BufferingOptions = z.output<typeof schema>;

const bodyTooLarge = defineRefusal(
  {
    code: 'request_body_too_large',
    status: 413,
    title: 'Content too large',
    detail: 'the request body exceeds the limit of this route',
  },
  '`buffering`: the body of the request is larger than `maxRequestBodyBytes`.',
);
const notBuffered = defineRefusal(
  {
    code: 'response_not_buffered',
    status: 500,
    title: 'Response not buffered',
    detail: 'the response could not be buffered',
  },
  '`buffering`: the body of the response is larger than `maxResponseBodyBytes`, or the temporary file cannot be written.',
);
const requestNotBuffered = defineRefusal(
  {
    code: 'request_not_buffered',
    status: 500,
    title: 'Request not buffered',
    detail: 'the request could not be buffered',
  },
  '`buffering`: the temporary file for the body of the request cannot be written.',
);

/** Traefik's `buffering`. */
export const buffering = defineKind<BufferingOptions>({
  name: 'buffering',
  isPlugin: false,
  description: 'Buffers whole bodies of requests and responses, and limits their size.',
  schema: () => schema,
  refusals: [bodyTooLarge, notBuffered, requestNotBuffered],
  read,
  createCompile: () => compile,
});

function read(config: MiddlewareConfig, sources: SharedSources): OptionsResult<BufferingOptions> {
  const read = readOptions(schema, config, sources);
  const expression = read.options?.retryExpression;
  const compiled = expression === undefined ? undefined : compileRetryExpression(expression);
  if (compiled?.ok !== false) return read;
  const { message, offset, line, column } = compiled.diagnostic;
  const path = read.writtenPath(['retryExpression']);
  const problem = createOptionProblem(config, path, {
    code: 'invalid_value',
    message: `${line}:${column}: ${message}`,
  });
  const place = config.placeOf(path, offset);
  return { ...read, options: undefined, problems: [...read.problems, { ...problem, place }] };
}

/** Undefined without an expression. */
function toRetry({ retryExpression }: BufferingOptions): RetryPolicy | undefined {
  const compiled = retryExpression === undefined ? undefined : compileRetryExpression(retryExpression);
  // `read` refuses invalid expressions.
  return compiled?.ok === true ? toRetryPolicy(compiled.condition) : undefined;
}

function compile(options: BufferingOptions, name: string): Step {
  const limits = {
    maxBytes: options.maxRequestBodyBytes,
    maxMemoryBytes: options.memRequestBodyBytes || usualMemoryBytes,
  };
  const retry = toRetry(options);
  const responses = {
    maxBytes: options.maxResponseBodyBytes,
    maxMemoryBytes: options.memResponseBodyBytes || usualMemoryBytes,
  };
  const buffer = async (request: StepRequest): Promise<Pass | StepRefusal> => {
    const { body } = request;
    if (body === undefined) return unchanged;
    const whole = await bufferRequest(body, limits);
    if (whole === 'too_large') return bodyTooLarge.refusal;
    return whole === 'failed' ? requestNotBuffered.refusal : { ...unchanged, body: whole };
  };
  return Object.freeze({
    name,
    onRequest(request) {
      const { body } = request;
      if (body === undefined) return unchanged;
      const isTooLarge = limits.maxBytes > 0 && body.announcedBytes > limits.maxBytes;
      return isTooLarge ? bodyTooLarge.refusal : buffer(request);
    },
    ...(retry !== undefined && { retry, needsServer: true }),
    wrapResponse: (next, _request, pages) =>
      new ResponseBuffer(next, responses, () => pages.refuse(notBuffered.refusal, next)),
  } satisfies Step);
}
