import { proposeName } from '@grantgate/middleware/base/names';
import { createDiagnostic, type Diagnostic } from '@grantgate/middleware/predicate/diagnostic';
import type { BreakerMetrics, CodeRange, ConditionNeeds } from './metrics.ts';

/** Whether the circuit breaker is to open. */
export type Condition = (metrics: BreakerMetrics) => boolean;

export type CompiledCondition =
  | { readonly ok: true; readonly condition: Condition; readonly needs: ConditionNeeds }
  | { readonly ok: false; readonly diagnostic: Diagnostic };

/** Deepest nesting of parentheses and `!`. */
const maxDepth = 128;
/** Longest expression, in characters. */
const maxLength = 64 * 1024;

type Measure = (metrics: BreakerMetrics) => number;

interface MeasureFunction {
  readonly parameters: readonly string[];
  readonly create: (args: readonly number[], needs: Needs) => Measure;
}

interface Needs {
  readonly codeRanges: CodeRange[];
  latency: boolean;
}

const functions: Readonly<Record<string, MeasureFunction>> = {
  NetworkErrorRatio: { parameters: [], create: () => (metrics) => metrics.networkErrorRatio() },
  ResponseCodeRatio: {
    parameters: ['from', 'below', 'ofFrom', 'ofBelow'],
    create: ([from = 0, below = 0, ofFrom = 0, ofBelow = 0], needs) => {
      const part = needs.codeRanges.push([from, below]) - 1;
      const whole = needs.codeRanges.push([ofFrom, ofBelow]) - 1;
      return (metrics) => metrics.codeRatio(part, whole);
    },
  },
  LatencyAtQuantileMS: {
    parameters: ['quantile'],
    create: ([quantile = 0], needs) => {
      needs.latency = true;
      return (metrics) => metrics.latencyAtQuantileMs(quantile);
    },
  },
};

const comparisons: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
};

interface ExpressionToken {
  readonly kind: 'name' | 'number' | 'mark' | 'end';
  readonly text: string;
  readonly offset: number;
}

/** Thrown and caught in this file alone. */
class ExpressionFault extends Error {
  readonly offset: number;
  readonly length: number;
  constructor({ offset, text }: Pick<ExpressionToken, 'offset' | 'text'>, message: string) {
    super(message);
    this.offset = offset;
    this.length = text.length;
  }
}

/**
 * Compiles the expression of Traefik's `circuitBreaker`: comparisons of a function with a number, joined by `&&`, `||`, `!` and
 * parentheses. Grammar and limits are those of the predicate language.
 */
export function compileExpression(source: string): CompiledCondition {
  const needs: Needs = { codeRanges: [], latency: false };
  try {
    if (source.length > maxLength)
      throw new ExpressionFault(
        { offset: 0, text: '' },
        `the expression is longer than ${maxLength} characters`,
      );
    return { ok: true, condition: parse(lex(source), needs), needs };
  } catch (error) {
    if (!(error instanceof ExpressionFault)) throw error;
    return { ok: false, diagnostic: createDiagnostic(source, error.offset, error.length, error.message) };
  }
}

const token = /[ \t\r\n]*(?:([A-Za-z_]\w*)|(\d+(?:\.\d*)?|\.\d+)|(&&|\|\||[<>=!]=|[<>!(),]))/y;

function lex(source: string): readonly ExpressionToken[] {
  const tokens: ExpressionToken[] = [];
  let at = 0;
  for (;;) {
    token.lastIndex = at;
    const match = token.exec(source);
    if (match === null) break;
    const [, name, number, mark = ''] = match;
    const text = name ?? number ?? mark;
    at = token.lastIndex;
    const kind = name !== undefined ? 'name' : number !== undefined ? 'number' : 'mark';
    tokens.push({ kind, text, offset: at - text.length });
  }
  const rest = source.slice(at).trimStart();
  const offset = source.length - rest.length;
  if (rest !== '') {
    const text = String.fromCodePoint(rest.codePointAt(0) ?? 0);
    throw new ExpressionFault(
      { offset, text },
      `unexpected ${JSON.stringify(text)}: expected a function, a number or an operator`,
    );
  }
  tokens.push({ kind: 'end', text: '', offset: source.length });
  return tokens;
}

function createMeasure(
  name: ExpressionToken,
  { parameters, create }: MeasureFunction,
  args: readonly number[],
  needs: Needs,
): Measure {
  if (args.length !== parameters.length)
    throw new ExpressionFault(
      name,
      `${name.text} takes (${parameters.join(', ')}), not ${args.length} argument${args.length === 1 ? '' : 's'}`,
    );
  return create(args, needs);
}

function parse(tokens: readonly ExpressionToken[], needs: Needs): Condition {
  let next = 0;
  const peek = (): ExpressionToken => tokens[next] as ExpressionToken;
  const expected = (what: string): ExpressionFault => {
    const { kind, text } = peek();
    const shown = kind === 'end' ? 'end of expression' : kind === 'mark' ? `"${text}"` : text;
    return new ExpressionFault(peek(), `unexpected ${shown}: expected ${what}`);
  };
  const takes = (mark: string): boolean => {
    const isNext = peek().kind === 'mark' && peek().text === mark;
    if (isNext) next += 1;
    return isNext;
  };
  const number = (): number => {
    if (peek().kind !== 'number') throw expected('a number');
    next += 1;
    return Number(tokens[next - 1]?.text);
  };

  const or = (depth: number): Condition => {
    const operands = [and(depth)];
    while (takes('||')) operands.push(and(depth));
    return operands.length === 1
      ? (operands[0] as Condition)
      : (metrics) => operands.some((one) => one(metrics));
  };
  const and = (depth: number): Condition => {
    const operands = [unary(depth)];
    while (takes('&&')) operands.push(unary(depth));
    return operands.length === 1
      ? (operands[0] as Condition)
      : (metrics) => operands.every((one) => one(metrics));
  };
  const unary = (depth: number): Condition => {
    const start = peek();
    if (depth > maxDepth) throw new ExpressionFault(start, `nested deeper than ${maxDepth} levels`);
    if (takes('!')) {
      const inner = unary(depth + 1);
      return (metrics) => !inner(metrics);
    }
    if (takes('(')) {
      const inner = or(depth + 1);
      if (!takes(')')) throw expected('"&&", "||" or ")"');
      return inner;
    }
    return comparison();
  };
  const comparison = (): Condition => {
    const measure = call();
    const { kind, text } = peek();
    const compare = kind === 'mark' && Object.hasOwn(comparisons, text) ? comparisons[text] : undefined;
    if (compare === undefined) throw expected('a comparison: ">", ">=", "<", "<=", "==" or "!="');
    next += 1;
    const value = number();
    return (metrics) => compare(measure(metrics), value);
  };
  const call = (): Measure => {
    const name = peek();
    if (name.kind !== 'name') throw expected('a function, "(" or "!"');
    const found = Object.hasOwn(functions, name.text) ? functions[name.text] : undefined;
    if (found === undefined)
      throw new ExpressionFault(
        name,
        `unknown function ${name.text}: ${proposeName(name.text, Object.keys(functions))}`,
      );
    next += 1;
    if (!takes('(')) throw expected(`"(" after ${name.text}`);
    const args: number[] = [];
    if (!takes(')')) {
      do args.push(number());
      while (takes(','));
      if (!takes(')')) throw expected('"," or ")"');
    }
    return createMeasure(name, found, args, needs);
  };

  const condition = or(0);
  if (peek().kind !== 'end') throw expected('"&&", "||" or the end of the expression');
  return condition;
}
