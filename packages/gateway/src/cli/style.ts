import type { Output } from './io.ts';

/** Colours text by meaning; returns it unchanged when colours are off. */
export interface Style {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly caution: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
}

export function createStyle({ colors }: Output): Style {
  const paint =
    (on: number, off: number) =>
    (text: string): string =>
      colors ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  return {
    good: paint(32, 39),
    bad: paint(31, 39),
    caution: paint(33, 39),
    strong: paint(1, 22),
    faint: paint(2, 22),
  };
}
