import { proposeName } from '@grantgate/middleware/base/names';
import { createDiagnostic, type Diagnostic } from '@grantgate/middleware/predicate/diagnostic';

/** Whether an expression is true for its subject. */
export type ExpressionCondition<T> = (about: T) => boolean;

export type CompiledExpression<T> =
  | { readonly ok: true; readonly condition: ExpressionCondition<T> }
  | { readonly ok: false; readonly diagnostic: Diagnostic };

/** A function of an expression. Its value is compared with a number or a text, or is itself a condition. */
export interface ExpressionFunction<T> {
  /** Names of its numeric parameters. */
  readonly parameters: readonly string[];
  readonly create: (args: readonly number[]) => (about: T) => number | string | boolean;
  /** Default: a number. */
  readonly result?: 'number' | 'text' | 'condition';
}

/** Maximum nesting of parentheses and `!`. */
const maxDepth = 128;
/** Maximum length of an expression, in characters. */
const maxLength = 64 * 1024;

const comparisons: Readonly<Record<string, (a: number | string, b: number | string) => boolean>> = {
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
};

interface ExpressionToken {
  readonly kind: 'name' | 'number' | 'text' | 'mark' | 'end';
  readonly text: string;
  readonly offset: number;
}

/** Thrown and caught only in this file. */
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
 * Compiles an expression as in Traefik's `circuitBreaker` and `buffering`: comparisons of a function with a number or a text,
 * joined by `&&`, `||`, `!` and parentheses. Grammar and limits are those of the predicate language.
 */
export function compileComparisons<T>(
  source: string,
  functions: Readonly<Record<string, ExpressionFunction<T>>>,
): CompiledExpression<T> {
  try {
    if (source.length > maxLength)
      throw new ExpressionFault(
        { offset: 0, text: '' },
        `the expression is longer than ${maxLength} characters`,
      );
    return { ok: true, condition: parse(lex(source), functions) };
  } catch (error) {
    if (!(error instanceof ExpressionFault)) throw error;
    return { ok: false, diagnostic: createDiagnostic(source, error.offset, error.length, error.message) };
  }
}

const token =
  /[ \t\r\n]*(?:([A-Za-z_]\w*)|(\d+(?:\.\d*)?|\.\d+)|("[^"\\\n]*"|`[^`]*`)|(&&|\|\||[<>=!]=|[<>!(),]))/y;

function lex(source: string): readonly ExpressionToken[] {
  const tokens: ExpressionToken[] = [];
  let at = 0;
  for (;;) {
    token.lastIndex = at;
    const match = token.exec(source);
    if (match === null) break;
    const [, name, number, quoted, mark = ''] = match;
    const text = name ?? number ?? quoted ?? mark;
    at = token.lastIndex;
    const kind =
      name !== undefined ? 'name' : number !== undefined ? 'number' : quoted !== undefined ? 'text' : 'mark';
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

type Measure<T> = (about: T) => number | string | boolean;

function createMeasure<T>(
  name: ExpressionToken,
  { parameters, create }: ExpressionFunction<T>,
  args: readonly number[],
): Measure<T> {
  if (args.length !== parameters.length)
    throw new ExpressionFault(
      name,
      `${name.text} takes (${parameters.join(', ')}), not ${args.length} argument${args.length === 1 ? '' : 's'}`,
    );
  return create(args);
}

/** Reads tokens sequentially. */
function createReader(tokens: readonly ExpressionToken[]) {
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

  const text = (): string => {
    if (peek().kind !== 'text') throw expected('a text in quotes');
    next += 1;
    return (tokens[next - 1]?.text ?? '').slice(1, -1);
  };
  const skip = (): void => void (next += 1);
  return { peek, expected, takes, number, text, skip };
}

function parse<T>(
  tokens: readonly ExpressionToken[],
  functions: Readonly<Record<string, ExpressionFunction<T>>>,
): ExpressionCondition<T> {
  const { peek, expected, takes, number, text, skip } = createReader(tokens);
  const or = (depth: number): ExpressionCondition<T> => {
    const operands = [and(depth)];
    while (takes('||')) operands.push(and(depth));
    return operands.length === 1
      ? (operands[0] as ExpressionCondition<T>)
      : (about) => operands.some((one) => one(about));
  };
  const and = (depth: number): ExpressionCondition<T> => {
    const operands = [unary(depth)];
    while (takes('&&')) operands.push(unary(depth));
    return operands.length === 1
      ? (operands[0] as ExpressionCondition<T>)
      : (about) => operands.every((one) => one(about));
  };
  const unary = (depth: number): ExpressionCondition<T> => {
    const start = peek();
    if (depth > maxDepth) throw new ExpressionFault(start, `nested deeper than ${maxDepth} levels`);
    if (takes('!')) {
      const inner = unary(depth + 1);
      return (about) => !inner(about);
    }
    if (takes('(')) {
      const inner = or(depth + 1);
      if (!takes(')')) throw expected('"&&", "||" or ")"');
      return inner;
    }
    return comparison();
  };
  const comparison = (): ExpressionCondition<T> => {
    const { measure, result } = call();
    if (result === 'condition') return (about) => measure(about) === true;
    const { kind, text: mark } = peek();
    const isKnown = kind === 'mark' && Object.hasOwn(comparisons, mark);
    const compare = isKnown && (result === 'number' || /^[!=]=$/.test(mark)) ? comparisons[mark] : undefined;
    if (compare === undefined)
      throw expected(
        result === 'number'
          ? 'a comparison: ">", ">=", "<", "<=", "==" or "!="'
          : 'a comparison: "==" or "!="',
      );
    skip();
    const value = result === 'number' ? number() : text();
    return (about) => compare(measure(about) as number | string, value);
  };
  const call = (): {
    readonly measure: Measure<T>;
    readonly result: NonNullable<ExpressionFunction<T>['result']>;
  } => {
    const name = peek();
    if (name.kind !== 'name') throw expected('a function, "(" or "!"');
    const found = Object.hasOwn(functions, name.text) ? functions[name.text] : undefined;
    if (found === undefined)
      throw new ExpressionFault(
        name,
        `unknown function ${name.text}: ${proposeName(name.text, Object.keys(functions))}`,
      );
    skip();
    if (!takes('(')) throw expected(`"(" after ${name.text}`);
    const args: number[] = [];
    if (!takes(')')) {
      do args.push(number());
      while (takes(','));
      if (!takes(')')) throw expected('"," or ")"');
    }
    return { measure: createMeasure(name, found, args), result: found.result ?? 'number' };
  };

  const condition = or(0);
  if (peek().kind !== 'end') throw expected('"&&", "||" or the end of the expression');
  return condition;
}
