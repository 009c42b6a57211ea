import type { Diagnostic } from '@grantgate/middleware/predicate/diagnostic';
import { compileComparisons, type ExpressionFunction } from '../comparison-expression.ts';
import type { BreakerMetrics, CodeRange, ConditionNeeds } from './metrics.ts';

/** Whether the circuit breaker opens. */
export type Condition = (metrics: BreakerMetrics) => boolean;

export type CompiledCondition =
  | { readonly ok: true; readonly condition: Condition; readonly needs: ConditionNeeds }
  | { readonly ok: false; readonly diagnostic: Diagnostic };

interface Needs {
  readonly codeRanges: CodeRange[];
  latency: boolean;
}

/** The functions; each call in an expression records the metrics that it needs. */
const createFunctions = (needs: Needs): Readonly<Record<string, ExpressionFunction<BreakerMetrics>>> => ({
  NetworkErrorRatio: { parameters: [], create: () => (metrics) => metrics.networkErrorRatio() },
  ResponseCodeRatio: {
    parameters: ['from', 'below', 'ofFrom', 'ofBelow'],
    create([from = 0, below = 0, ofFrom = 0, ofBelow = 0]) {
      const part = needs.codeRanges.push([from, below]) - 1;
      const whole = needs.codeRanges.push([ofFrom, ofBelow]) - 1;
      return (metrics) => metrics.codeRatio(part, whole);
    },
  },
  LatencyAtQuantileMS: {
    parameters: ['quantile'],
    create([quantile = 0]) {
      needs.latency = true;
      return (metrics) => metrics.latencyAtQuantileMs(quantile);
    },
  },
});

/** Compiles the expression of Traefik's `circuitBreaker`. */
export function compileExpression(source: string): CompiledCondition {
  const needs: Needs = { codeRanges: [], latency: false };
  const compiled = compileComparisons(source, createFunctions(needs));
  return compiled.ok ? { ...compiled, needs } : compiled;
}
