import { Secret } from '../base/secret.ts';

/** Values that contain no options. */
type Scalar =
  | string
  | number
  | boolean
  | undefined
  | Secret
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | ((...args: never[]) => unknown);

/** Parsed options: read-only throughout; an omitted option reads as `undefined`. */
export type OptionsOf<T> = T extends Scalar
  ? T
  : T extends readonly (infer Item)[]
    ? readonly OptionsOf<Item>[]
    : { readonly [Name in keyof T]-?: OptionsOf<T[Name]> };

/** Options as written: names of a schema, with values that it may refuse. */
export type RawOptions<T> = Readonly<Partial<Record<keyof T & string, unknown>>>;

/** Deeply freezes options. */
export function freezeOptions<T>(options: T): OptionsOf<T> {
  if (typeof options === 'object' && options !== null && !(options instanceof Secret)) {
    Object.values(options).forEach(freezeOptions);
    Object.freeze(options);
  }
  return options as OptionsOf<T>;
}
