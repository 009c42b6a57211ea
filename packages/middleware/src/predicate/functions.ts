/** Fault of an argument, with its position in the source. */
export interface ArgumentFault {
  /** Index of the argument. */
  readonly argument: number;
  readonly message: string;
}

/** One function of the language over a kind of context. */
export interface PredicateFunction<C> {
  /** Names of the arguments, for messages; the last may repeat when `repeats` is set. */
  readonly parameters: readonly string[];
  /** Number of required arguments; default: all. */
  readonly required?: number;
  readonly repeats?: boolean;
  /** Called once per call in the source; does all work that is independent of the context. */
  readonly build: (args: readonly string[]) => ((context: C) => boolean) | ArgumentFault;
  /** Describes in words the data that such a call finds in a context; called only with arguments that `build` accepts. */
  readonly describe?: (args: readonly string[], context: C) => string;
}

/** Functions by canonical name; accepted as written, in lower case, in upper case and capitalised. */
export type FunctionTable<C> = Readonly<Record<string, PredicateFunction<C>>>;

/** The function with a written name; undefined for none. */
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
