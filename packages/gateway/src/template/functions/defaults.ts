import { createHash } from 'node:crypto';
import type { EnvLookUp, TemplateFunction } from '../template-function.ts';
import { FunctionRefusal, define, defineVariadic } from '../template-function.ts';
import { isInt, isTrue, kindOf, typeOf, type Value } from '../value.ts';

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Functions of sprig that choose between values, base64, and the environment. */
export const defaultFunctions: Readonly<Record<string, TemplateFunction>> = {
  default: defineVariadic(['any'], 'any', ([otherwise], [given = null]) =>
    isTrue(given) ? given : otherwise,
  ),
  empty: define(['any'], ([value]) => !isTrue(value)),
  coalesce: defineVariadic([], 'any', (_, values) => values.find(isTrue) ?? null),
  ternary: define(['any', 'any', 'bool'], ([yes, no, condition]) => (condition ? yes : no)),
  all: defineVariadic([], 'any', (_, values) => values.every(isTrue)),
  any: defineVariadic([], 'any', (_, values) => values.some(isTrue)),
  typeOf: define(['any'], ([value]) => (value === null ? '<nil>' : typeOf(value))),
  kindOf: define(['any'], ([value]) => goKindOf(value)),
  kindIs: define(['string', 'any'], ([kind, value]) => kind === goKindOf(value)),
  fail: define(['string'], () => {
    throw new FunctionRefusal('the template fails on purpose');
  }),
  sha256sum: define(['string'], ([text]) => createHash('sha256').update(text).digest('hex')),
  sha1sum: define(['string'], ([text]) => createHash('sha1').update(text).digest('hex')),
  b64enc: define(['string'], ([text]) => Buffer.from(text).toString('base64')),
  b64dec: define(['string'], ([text]) => {
    const compact = text.replace(/[\r\n]/g, '');
    if (!base64.test(compact)) throw new FunctionRefusal('the string is not valid base64');
    return Buffer.from(compact, 'base64').toString();
  }),
  env: define(['string'], ([name], { env }) => valueOf(env(name))),
  expandenv: define(['string'], ([text], { env }) => expandVariables(text, (name) => valueOf(env(name)))),
};

/** Go's `reflect.Kind`. */
function goKindOf(value: Value): string {
  const kind = kindOf(value);
  if (value !== null && isInt(value)) return value.type;
  const names = { nil: 'invalid', float: 'float64', list: 'slice', dict: 'map', time: 'struct' };
  return Object.hasOwn(names, kind) ? names[kind as keyof typeof names] : kind;
}

function valueOf({ value, refusal }: EnvLookUp): string {
  if (refusal !== undefined) throw new FunctionRefusal(refusal);
  return value;
}

/** `$NAME` and `${NAME}` as in Go's `os.Expand`; a malformed `${` is removed. */
function expandVariables(text: string, env: (name: string) => string): string {
  return text.replace(
    /\$(?:\{([*#$@!?\-0-9])\}|\{([^}]+)\}|(\{\}?)|([*#$@!?\-0-9])|([A-Za-z0-9_]+))/g,
    (_, braced?: string, name?: string, malformed?: string, special?: string, bare?: string) =>
      malformed === undefined ? env(braced ?? name ?? special ?? bare ?? '') : '',
  );
}
