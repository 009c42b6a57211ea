import type { Instruction } from './program.ts';
import type { Assertion } from './syntax.ts';
import type { StepBudget } from './work.ts';

/** Represents the characters before the first and after the last. */
export const outside = -1;
export const newline = 10;
/** Largest mark that fits `seen`. */
const lastRound = 0xffff_ffff;

/**
 * One step of Thompson's simulation: from the instructions before a character to those after it, or whether
 * the program matches. Each visited instruction is one step of the budget.
 */
export type SimulationStep = (
  seeds: readonly number[],
  before: number,
  after: number,
  work: StepBudget,
) => number[] | boolean;

export function createStep(program: readonly Instruction[]): SimulationStep {
  // Shared scratch memory: one step runs at a time, and never waits.
  const seen = new Uint32Array(program.length);
  const stack: number[] = [];
  let round = 0;
  return (seeds, before, after, work) => {
    if (round === lastRound) {
      seen.fill(0);
      round = 0;
    }
    round += 1;
    stack.length = 0;
    for (const seed of seeds) stack.push(seed);
    const next: number[] = [];
    let looked = 0;
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (seen[at] === round) continue;
      seen[at] = round;
      looked += 1;
      const instruction = program[at];
      switch (instruction?.op) {
        case 'match':
          work.stepsLeft -= looked;
          return true;
        case 'set':
          if (after !== outside && instruction.set(after)) next.push(at + 1);
          break;
        // Programs with captures have these; positions of groups make no difference here.
        case 'save':
          stack.push(at + 1);
          break;
        case 'jump':
          stack.push(instruction.target);
          break;
        case 'fork':
          stack.push(instruction.second, instruction.first);
          break;
        case 'assert':
          if (holds(instruction.assertion, before, after)) stack.push(at + 1);
          break;
      }
    }
    work.stepsLeft -= looked;
    return after === outside ? false : next;
  };
}

export function holds(assertion: Assertion, before: number, after: number): boolean {
  switch (assertion) {
    case 'start':
      return before === outside;
    case 'end':
      return after === outside;
    case 'lineStart':
      return before === outside || before === newline;
    case 'lineEnd':
      return after === outside || after === newline;
    case 'wordBoundary':
      return isWord(before) !== isWord(after);
    case 'noWordBoundary':
      return isWord(before) === isWord(after);
  }
}

/** ASCII alone, as in Go. */
export function isWord(codePoint: number): boolean {
  return (
    (codePoint >= 48 && codePoint <= 57) ||
    (codePoint >= 65 && codePoint <= 90) ||
    codePoint === 95 ||
    (codePoint >= 97 && codePoint <= 122)
  );
}
