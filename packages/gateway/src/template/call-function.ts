import type { NumberLiteral } from './node.ts';
import type { ParameterType, FunctionScope, TemplateFunction } from './template-function.ts';
import { FunctionRefusal } from './template-function.ts';
import { TemplateFault } from './template-fault.ts';
import type { Value } from './value.ts';
import { isInt, kindOf, toInt, typeOf } from './value.ts';

/** An argument; a number literal in a template is untyped. */
export interface FunctionArgument {
  readonly value: Value;
  readonly literal: NumberLiteral | undefined;
}

/**
 * Calls a function after checking number and types of its arguments, as Go does.
 *
 * @throws TemplateFault at `offset`
 */
export function callFunction(
  name: string,
  { parameters, rest, call }: TemplateFunction,
  args: readonly FunctionArgument[],
  scope: FunctionScope,
  offset: number,
): Value {
  const fail = (message: string): TemplateFault => new TemplateFault(`${name}: ${message}`, offset);
  const count = parameters.length;
  if (args.length < count || (rest === undefined && args.length > count))
    throw fail(
      `expected ${rest === undefined ? '' : 'at least '}${count} argument${count === 1 ? '' : 's'}, got ${args.length}`,
    );
  const values = args.map((argument, index) => {
    const type = parameters[index] ?? rest ?? 'any';
    const value = convert(argument, type);
    if (value === undefined)
      throw fail(`expected ${typeNames[type]} as argument ${index + 1}, got ${typeOf(argument.value)}`);
    return value;
  });
  try {
    return call(values, scope);
  } catch (error) {
    if (error instanceof FunctionRefusal) throw fail(error.message);
    throw error;
  }
}

const typeNames: Readonly<Record<ParameterType, string>> = {
  any: 'a value',
  string: 'string',
  int: 'int',
  float: 'float64',
  bool: 'bool',
  list: 'a list',
  dict: 'map[string]interface {}',
};

function convert({ value, literal }: FunctionArgument, type: ParameterType): Value | undefined {
  switch (type) {
    case 'any':
      return value;
    case 'int':
      if (literal !== undefined) return literal.int === undefined ? undefined : toInt(literal.int);
      return isInt(value) && value.type === 'int' ? value : undefined;
    case 'float':
      return literal === undefined && typeof value !== 'number' ? undefined : (literal?.float ?? value);
    default:
      return kindOf(value) === type ? value : undefined;
  }
}
