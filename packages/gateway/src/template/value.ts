/** A value of a template. A JavaScript number is a `float64`; integers keep all 64 bits. */
export type Value = null | boolean | string | number | Int | List | Dict | Time;

export interface Int {
  readonly kind: 'int';
  readonly type: 'int' | 'int64' | 'uint8';
  readonly value: bigint;
}

export interface List {
  readonly kind: 'list';
  readonly type: '[]interface {}' | '[]string' | '[]int';
  readonly items: readonly Value[];
}

/** Go's `map[string]interface {}`, which is always iterated in the order of its keys. */
export interface Dict {
  readonly kind: 'dict';
  readonly entries: ReadonlyMap<string, Value>;
}

/** Go's `time.Time`. */
export interface Time {
  readonly kind: 'time';
  /** Milliseconds since 1970. */
  readonly ms: number;
}

export const toTime = (ms: number): Time => ({ kind: 'time', ms });

export const toInt = (value: bigint | number, type: Int['type'] = 'int'): Int => ({
  kind: 'int',
  type,
  value: BigInt.asIntN(64, BigInt(value)),
});

export const toList = (items: readonly Value[], type: List['type'] = '[]interface {}'): List => ({
  kind: 'list',
  type,
  items,
});

/** @param entries the last entry wins when a key occurs twice. */
export function toDict(entries: Iterable<readonly [string, Value]>): Dict {
  const sorted = [...new Map(entries)].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return { kind: 'dict', entries: new Map(sorted) };
}

export const isInt = (value: Value): value is Int => kindOf(value) === 'int';
export const isList = (value: Value): value is List => kindOf(value) === 'list';
export const isDict = (value: Value): value is Dict => kindOf(value) === 'dict';
export const isTime = (value: Value): value is Time => kindOf(value) === 'time';

export type ValueKind = 'nil' | 'bool' | 'string' | 'float' | 'int' | 'list' | 'dict' | 'time';

export function kindOf(value: Value): ValueKind {
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'string':
      return 'string';
    case 'number':
      return 'float';
    default:
      return value === null ? 'nil' : value.kind;
  }
}

/** Go's name for the type of a value. */
export function typeOf(value: Value): string {
  if (isInt(value) || isList(value)) return value.type;
  const names = {
    nil: 'nil',
    bool: 'bool',
    string: 'string',
    float: 'float64',
    dict: 'map[string]interface {}',
    time: 'time.Time',
  };
  return names[kindOf(value) as keyof typeof names];
}

/** Whether a value is true for `if`, which means that it is not the zero value of its type. */
export function isTrue(value: Value): boolean {
  if (typeof value === 'object' && value !== null) {
    switch (value.kind) {
      case 'int':
        return value.value !== 0n;
      case 'list':
        return value.items.length > 0;
      case 'dict':
        return value.entries.size > 0;
      case 'time':
        return true;
    }
  }
  return Boolean(value) || Number.isNaN(value);
}
