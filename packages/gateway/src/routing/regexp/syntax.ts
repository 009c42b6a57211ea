import type { CharSet } from './char-set.ts';

/** Assertions, which consume no character. `start` and `end` are those of the text; `lineStart` and `lineEnd` come with the flag `m`. */
export type Assertion = 'start' | 'end' | 'lineStart' | 'lineEnd' | 'wordBoundary' | 'noWordBoundary';

/** A parsed regular expression. Groups that do not capture leave no node. */
export type Syntax =
  | { readonly kind: 'set'; readonly set: CharSet }
  | { readonly kind: 'assertion'; readonly assertion: Assertion }
  | { readonly kind: 'sequence' | 'alternatives'; readonly items: readonly Syntax[] }
  | {
      readonly kind: 'repeat';
      readonly item: Syntax;
      readonly min: number;
      readonly max: number;
      /** Whether fewer repetitions are preferred. */
      readonly lazy: boolean;
    }
  /** `index` from 1, in the order of the opening parentheses. */
  | { readonly kind: 'group'; readonly item: Syntax; readonly index: number };
