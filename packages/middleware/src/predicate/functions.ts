/** What an argument's place in the source and its fault are told by. */
export interface ArgumentFault {
  /** Index of the argument. */
  readonly argument: number;
  readonly message: string;
}

/** One function of the language over a kind of context. */
export interface PredicateFunction<C> {
  /** Names of the arguments, for messages; the last may repeat when `repeats` is set. */
  readonly parameters: readonly string[];
  /** Arguments that must be there; default: all. */
  readonly required?: number;
  readonly repeats?: boolean;
  /** Called once per call in the source; does everything that needs no context. */
  readonly build: (args: readonly string[]) => ((context: C) => boolean) | ArgumentFault;
  /** Says, for people, what such a call finds in a context; the arguments are ones that `build` accepts. */
  readonly describe?: (args: readonly string[], context: C) => string;
}

/** Functions by canonical name; accepted as written, in lower case, in upper case and capitalised. */
export type FunctionTable<C> = Readonly<Record<string, PredicateFunction<C>>>;

/** The function that a written name means; undefined for none. */
export function findFunction<C>(table: FunctionTable<C>, written: string): PredicateFunction<C> | undefined {
  for (const [name, entry] of Object.entries(table)) {
    const lower = name.toLowerCase();
    if (
      written === name ||
      written === lower ||
      written === name.toUpperCase() ||
      written === lower.charAt(0).toUpperCase() + lower.slice(1)
    )
      return entry;
  }
  return undefined;
}
