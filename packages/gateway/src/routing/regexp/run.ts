import { type CharClasses, classify } from './char-classes.ts';
import type { Instruction } from './program.ts';
import { createStep, isWord, newline, outside } from './step.ts';
import type { StepBudget } from './work.ts';

/** Whether a text contains a match of a program. False when the budget of steps was not enough. */
export type Run = (text: string, work: StepBudget) => boolean;

/** A position in a text: the possible next instructions, and the character before it. */
interface SearchState {
  readonly seeds: readonly number[];
  readonly before: number;
  /** By class of the next character: the next state, or whether the program matches. Undefined: not cached. */
  readonly next: (SearchState | boolean | undefined)[] | undefined;
}

/** Maximum number of cached states, of entries in all their tables, and of seeds of one. */
const maxStates = 256;
const maxEntries = 8192;
const maxSeeds = 64;

/**
 * Follows all threads together (Thompson's simulation): the time is bounded by the length of the text times that of the
 * program; nothing backtracks. Transitions between states are cached, within bounds (a lazy deterministic automaton), so
 * that usual texts take one look-up per character. A look-up counts as a sixteenth of a step, and so does adding a step to the
 * cache.
 */
export function createRun(program: readonly Instruction[]): Run {
  const anchored = startsAtStart(program);
  const step = createStep(program);
  // Computed for the first text: most expressions of a large configuration wait long for one.
  let classes: CharClasses | undefined;
  let stateLimit = 0;
  const states = new Map<string, SearchState>();

  const toState = (seeds: number[], before: number): SearchState => {
    if (!anchored) seeds.push(0);
    if (seeds.length > maxSeeds) return { seeds, before, next: undefined };
    const key = `${before},${seeds.sort((a, b) => a - b).join()}`;
    let state = states.get(key);
    if (state === undefined) {
      const isKept = states.size < stateLimit;
      state = { seeds, before, next: isKept ? [] : undefined };
      if (isKept) states.set(key, state);
    }
    return state;
  };

  const advance = (state: SearchState, after: number, work: StepBudget): SearchState | boolean => {
    const seeds = step(state.seeds, state.before, after, work);
    if (typeof seeds === 'boolean') return seeds;
    return anchored && seeds.length === 0 ? false : toState(seeds, toKind(after));
  };

  const first: SearchState = { seeds: [0], before: outside, next: [] };
  return (text, work) => {
    if (classes === undefined) {
      classes = classify(program);
      stateLimit = Math.min(maxStates, Math.floor(maxEntries / classes.count));
    }
    let state = first;
    for (let at = 0; ;) {
      const after = text.codePointAt(at) ?? outside;
      const charClass = classes.of(after);
      let next = state.next?.[charClass];
      if (next === undefined) {
        const stepsLeft = work.stepsLeft;
        next = advance(state, after, work);
        if (work.stepsLeft < 0) return false;
        // Characters without a class are simulated each time.
        if (charClass >= 0 && state.next !== undefined) {
          state.next[charClass] = next;
          // Computed once, so that the first requests after a start do not pay for all later ones.
          work.stepsLeft = stepsLeft - ((stepsLeft - work.stepsLeft) >> 4);
        }
      }
      if (typeof next === 'boolean') {
        work.stepsLeft -= at >> 4;
        return next;
      }
      state = next;
      at += after > 0xffff ? 2 : 1;
    }
  };
}

function startsAtStart(program: readonly Instruction[]): boolean {
  const [first] = program;
  return first?.op === 'assert' && first.assertion === 'start';
}

/** A character that assertions cannot distinguish from that one. */
function toKind(codePoint: number): number {
  return codePoint === newline ? newline : isWord(codePoint) ? aLetter : aSpace;
}

const aLetter = 0x61;
const aSpace = 0x20;
