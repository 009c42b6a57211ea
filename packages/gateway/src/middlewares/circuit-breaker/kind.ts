import type { Clock } from '@grantgate/middleware/base/clock';
import { duration } from '@grantgate/middleware/options/duration';
import { z } from 'zod';
import type { MiddlewareConfig } from '../../config/dynamic.ts';
import type { SharedSources } from '../../secrets/resolve.ts';
import { defineKind, type OptionsResult } from '../kind.ts';
import { createOptionProblem, readOptions } from '../read-options.ts';
import { defineRefusal } from '../refusal.ts';
import { unchanged, type Step, type StepRequest } from '../step.ts';
import { createCircuitBreaker } from './breaker.ts';
import { compileExpression } from './expression.ts';
import { createMetrics } from './metrics.ts';

/** As in Traefik, 0 means the default. */
const time = (defaultMs: number) => duration.prefault(0).transform((ms) => (ms === 0 ? defaultMs : ms));

const schema = z.strictObject({
  expression: z
    .string()
    .min(1)
    .describe(
      'Condition that opens the circuit: comparisons of `NetworkErrorRatio()`, `ResponseCodeRatio(from, below, ofFrom, ofBelow)` and `LatencyAtQuantileMS(quantile)` with numbers, joined by `&&`, `||`, `!` and parentheses.',
    ),
  checkPeriod: time(100).describe('Time between two checks of the condition. Default: 100ms.'),
  fallbackDuration: time(10_000).describe('Time during which all requests are refused. Default: 10s.'),
  recoveryDuration: time(10_000).describe(
    'Time during which a growing share of requests passes again. Default: 10s.',
  ),
  responseCode: z.int().min(100).max(599).default(503).describe('Status of refused requests.'),
});

type ServiceCircuitBreakerOptions = z.output<typeof schema>;

const circuitOpen = defineRefusal(
  {
    code: 'circuit_open',
    status: 503,
    title: 'Service unavailable',
    detail: 'the service fails too often',
  },
  '`circuitBreaker`: its `expression` was true; the status is that of `responseCode`.',
);

/** Traefik's `circuitBreaker`. */
export const circuitBreaker = defineKind<ServiceCircuitBreakerOptions>({
  name: 'circuitBreaker',
  isPlugin: false,
  description: 'Refuses requests while a service fails; each worker and replica decides separately.',
  schema: () => schema,
  refusals: [circuitOpen],
  read,
  createCompile:
    ({ clock }) =>
    (options, name) =>
      compile(options, name, clock),
});

function read(config: MiddlewareConfig, sources: SharedSources): OptionsResult<ServiceCircuitBreakerOptions> {
  const read = readOptions(schema, config, sources);
  const compiled = read.options && compileExpression(read.options.expression);
  if (compiled?.ok !== false) return read;
  const { message, offset, line, column } = compiled.diagnostic;
  const path = read.writtenPath(['expression']);
  const problem = createOptionProblem(config, path, {
    code: 'invalid_value',
    message: `${line}:${column}: ${message}`,
  });
  const place = config.placeOf(path, offset);
  return { ...read, options: undefined, problems: [...read.problems, { ...problem, place }] };
}

function compile(
  { expression, responseCode, ...times }: ServiceCircuitBreakerOptions,
  name: string,
  clock: Clock,
): Step {
  const compiled = compileExpression(expression);
  if (!compiled.ok) throw new Error('an expression that was not checked');
  const breaker = createCircuitBreaker(compiled.condition, createMetrics(compiled.needs, clock), {
    clock,
    times,
  });
  const begun = new WeakMap<StepRequest, number>();
  return Object.freeze({
    name,
    needsServer: true,
    readCircuit: () => breaker.read(),
    onRequest(request) {
      const ms = breaker.refusedForMs();
      if (ms !== undefined)
        return {
          ...circuitOpen.refusal,
          status: responseCode,
          retryAfterSeconds: Math.max(1, Math.ceil(ms / 1000)),
        };
      begun.set(request, clock.monotonic());
      return unchanged;
    },
    onEnd(request, status) {
      const since = begun.get(request);
      if (since !== undefined) breaker.record(status, clock.monotonic() - since);
    },
  } satisfies Step);
}
