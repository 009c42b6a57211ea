import type { Instruction } from './program.ts';
import type { Assertion } from './syntax.ts';

/** Stands for the characters before the first and after the last. */
const outside = -1;
const newline = 10;
/** Largest mark that fits `seen`. */
const lastRound = 0xffff_ffff;

/**
 * A test whether a program matches anywhere in a text. All possible ways are followed at once (Thompson's simulation), so
 * the time is bounded by the length of the text times that of the program, whatever the two are: nothing backtracks.
 */
export function createRun(program: readonly Instruction[]): (text: string) => boolean {
  const anchored = startsAtStart(program);
  // One test at a time uses these; a test never waits.
  const seen = new Uint32Array(program.length);
  let round = 0;
  let seeds: number[] = [];
  let next: number[] = [];

  /** Whether `match` is reachable from a seed without taking a character; the sets that are reachable go into `sets`. */
  const close = (sets: number[], before: number, after: number): boolean => {
    if (round === lastRound) {
      seen.fill(0);
      round = 0;
    }
    round += 1;
    while (seeds.length > 0) {
      const at = seeds.pop() ?? 0;
      if (seen[at] === round) continue;
      seen[at] = round;
      const instruction = program[at];
      switch (instruction?.op) {
        case 'match':
          return true;
        case 'set':
          sets.push(at);
          break;
        case 'jump':
          seeds.push(instruction.target);
          break;
        case 'fork':
          seeds.push(instruction.second, instruction.first);
          break;
        case 'assert':
          if (holds(instruction.assertion, before, after)) seeds.push(at + 1);
          break;
      }
    }
    return false;
  };

  return (text) => {
    const sets: number[] = [];
    let before = outside;
    seeds = [];
    for (let at = 0; ;) {
      const after = text.codePointAt(at) ?? outside;
      if (at === 0 || !anchored) seeds.push(0);
      sets.length = 0;
      if (close(sets, before, after)) return true;
      if (after === outside || (anchored && sets.length === 0)) return false;
      next = [];
      for (const index of sets) {
        const instruction = program[index];
        if (instruction?.op === 'set' && instruction.set(after)) next.push(index + 1);
      }
      seeds = next;
      before = after;
      at += after > 0xffff ? 2 : 1;
    }
  };
}

function startsAtStart(program: readonly Instruction[]): boolean {
  const [first] = program;
  return first?.op === 'assert' && first.assertion === 'start';
}

function holds(assertion: Assertion, before: number, after: number): boolean {
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
function isWord(codePoint: number): boolean {
  return (
    (codePoint >= 48 && codePoint <= 57) ||
    (codePoint >= 65 && codePoint <= 90) ||
    codePoint === 95 ||
    (codePoint >= 97 && codePoint <= 122)
  );
}
