import { duration } from '@grantgate/middleware/options/duration';
import { z } from 'zod';
import type { MiddlewareConfig } from '../../config/dynamic.ts';
import type { SharedSources } from '../../secrets/resolve.ts';
import { defineKind, type OptionsResult } from '../kind.ts';
import { createOptionProblem, readOptions } from '../read-options.ts';
import type { AttemptOutcome, RetryPolicy } from '../retry-policy.ts';
import { unchanged, type Step } from '../step.ts';

const codes = /^([1-9]\d\d)(?:-([1-9]\d\d))?$/;

const schema = z.strictObject({
  attempts: z.int().min(1).describe('Number of attempts, including the first one.'),
  initialInterval: duration
    .prefault(0)
    .describe(
      'Delay before the second attempt; later delays grow up to twice as long, and each is varied by up to half. 0: no delay.',
    ),
  timeout: duration
    .prefault(0)
    .describe('Time since the first attempt after which no further attempt starts. 0: no limit.'),
  status: z
    .array(z.string().regex(codes, { error: 'expected a status code or a range such as 500-599' }))
    .default([])
    .describe('Status codes of responses after which the request is repeated, such as `503` or `500-599`.'),
  maxRequestBodyBytes: z
    .int()
    .min(-1)
    .default(2 * 1024 * 1024)
    .describe(
      'Maximum size of a body that is buffered for repetitions with `status`, in bytes; a larger one is sent once. -1: no limit.',
    ),
  disableRetryOnNetworkError: z
    .boolean()
    .default(false)
    .describe('Does not repeat a request when its server cannot be reached or closes the connection.'),
  retryNonIdempotentMethod: z
    .boolean()
    .default(false)
    .describe('Repeats POST, PATCH and LOCK as well, although the server may have acted on them.'),
});

type RetryMiddlewareOptions = z.output<typeof schema>;

/** Traefik's `retry`. */
export const retry = defineKind<RetryMiddlewareOptions>({
  name: 'retry',
  isPlugin: false,
  description: 'Repeats a failed request, on another server if there is one.',
  schema: () => schema,
  read,
  createCompile: () => compile,
});

function read(config: MiddlewareConfig, sources: SharedSources): OptionsResult<RetryMiddlewareOptions> {
  const read = readOptions(schema, config, sources);
  if (read.options?.disableRetryOnNetworkError !== true || read.options.status.length > 0) return read;
  const problem = createOptionProblem(config, read.writtenPath(['disableRetryOnNetworkError']), {
    code: 'invalid_value',
    message: 'no failure would be retried: set status, or omit this option',
  });
  return { ...read, options: undefined, problems: [...read.problems, problem] };
}

/** As in Traefik: methods that are not idempotent. */
const notIdempotent: ReadonlySet<string> = new Set(['POST', 'PATCH', 'LOCK']);

function compile(options: RetryMiddlewareOptions, name: string): Step {
  const { attempts, status, maxRequestBodyBytes } = options;
  if (attempts === 1) return Object.freeze({ name, needsServer: true, onRequest: () => unchanged });
  const mayRepeat = (method: string): boolean =>
    options.retryNonIdempotentMethod || !notIdempotent.has(method);
  const holds = status.length > 0;
  const maxBytes = maxRequestBodyBytes < 0 ? Infinity : maxRequestBodyBytes;
  return Object.freeze({
    name,
    needsServer: true,
    retry: compilePolicy(options, mayRepeat),
    onRequest(request) {
      if (!holds || !mayRepeat(request.facts.method)) return unchanged;
      // A server may respond before it has read the body, which then could not be sent again.
      const body = request.bufferBody(maxBytes);
      return body instanceof Promise ? body.then(() => unchanged) : unchanged;
    },
  } satisfies Step);
}

/** @param random as `Math.random`. */
export function compilePolicy(
  { attempts, initialInterval, timeout, status, disableRetryOnNetworkError }: RetryMiddlewareOptions,
  mayRepeat: (method: string) => boolean,
  random: () => number = Math.random,
): RetryPolicy {
  const isListed = compileCodes(status);
  // As in Traefik: the last wait is twice the first one.
  const growth = 2 ** (1 / (attempts - 1));
  const isRetried = ({ method, fault, sent, status: code }: AttemptOutcome): boolean => {
    if (fault !== undefined && !disableRetryOnNetworkError) {
      // For any method, because no server has received the request.
      if (!sent) return true;
      if (fault === 'connection_lost' && mayRepeat(method)) return true;
    }
    return mayRepeat(method) && isListed(code);
  };
  return Object.freeze({
    delayMs(outcome) {
      const isLate = timeout > 0 && outcome.elapsedMs >= timeout;
      if (outcome.attempts >= attempts || isLate || !isRetried(outcome)) return undefined;
      return initialInterval * growth ** (outcome.attempts - 1) * (0.5 + random());
    },
  } satisfies RetryPolicy);
}

function compileCodes(ranges: readonly string[]): (status: number) => boolean {
  const bounds = ranges.flatMap((range) => {
    const [, from, to = from] = codes.exec(range) ?? [];
    return from === undefined ? [] : [{ from: Number(from), to: Number(to) }];
  });
  return (status) => bounds.some(({ from, to }) => status >= from && status <= to);
}
