import type { Dict, Int, List, Value } from './value.ts';

/** Type of a parameter. `list` is an addition to Go's types: such functions check their arguments themselves. */
export type ParameterType = 'any' | 'string' | 'int' | 'float' | 'bool' | 'list' | 'dict';

/** An environment variable: its value, empty when unset, or the reason why it may not be read. */
export type EnvLookUp =
  | { readonly value: string; readonly refusal?: undefined }
  | { readonly value?: undefined; readonly refusal: string };

/** Dependencies of functions. */
export interface FunctionScope {
  readonly env: (name: string) => EnvLookUp;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Charges work before it is done. @throws TemplateFault when the limit is exceeded. */
  readonly work: (steps: number) => void;
}

/** A function of templates. */
export interface TemplateFunction {
  readonly parameters: readonly ParameterType[];
  /** Type of further arguments; undefined when there are none. */
  readonly rest: ParameterType | undefined;
  /** @throws Refusal */
  readonly call: (args: readonly Value[], scope: FunctionScope) => Value;
}

/** Thrown by a function that cannot process its arguments; the message does not contain their values. */
export class FunctionRefusal extends Error {}

interface Types {
  readonly any: Value;
  readonly string: string;
  readonly int: Int;
  readonly float: number;
  readonly bool: boolean;
  readonly list: List;
  readonly dict: Dict;
}

type Arguments<P extends readonly ParameterType[]> = { readonly [K in keyof P]: Types[P[K]] };

/** A function with a fixed number of parameters; argument types have been checked before the call. */
export function define<const P extends readonly ParameterType[]>(
  parameters: P,
  call: (args: Arguments<P>, scope: FunctionScope) => Value,
): TemplateFunction {
  return { parameters, rest: undefined, call: (args, scope) => call(args as unknown as Arguments<P>, scope) };
}

/** A function with any number of further arguments. */
export function defineVariadic<const P extends readonly ParameterType[], R extends ParameterType>(
  parameters: P,
  rest: R,
  call: (args: Arguments<P>, more: readonly Types[R][], scope: FunctionScope) => Value,
): TemplateFunction {
  return {
    parameters,
    rest,
    call: (args, scope) =>
      call(
        args.slice(0, parameters.length) as unknown as Arguments<P>,
        args.slice(parameters.length) as Types[R][],
        scope,
      ),
  };
}
