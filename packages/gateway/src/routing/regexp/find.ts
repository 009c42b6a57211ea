import type { Instruction } from './program.ts';
import { holds, outside } from './step.ts';
import type { StepBudget } from './work.ts';

/** Start and end of a match and of each group in turn, in UTF-16 code units; -1 for a group that did not match. */
export type Places = readonly number[];

/** Finds the first match at or after a position. Undefined for none, and when the budget of steps was not enough. */
export type Find = (text: string, from: number, work: StepBudget) => Places | undefined;

/** A thread of the simulation that waits for the next character. */
interface Thread {
  readonly at: number;
  readonly places: Places;
}

interface Search {
  readonly text: string;
  readonly program: readonly Instruction[];
  /** Instructions that a preferred thread has reached at this position. */
  readonly seen: Set<number>;
  readonly work: StepBudget;
}

/**
 * Finds the same match as Go: the leftmost one, and of these the one that backtracking would find first. Threads advance together,
 * the preferred ones first (Pike's simulation): the time is bounded by the length of the text times that of the program.
 *
 * @param program one with captures. @param groups number of recorded positions: of the match and its groups.
 */
export function createFind(program: readonly Instruction[], groups: number): Find {
  const none: Places = Array.from({ length: groups * 2 }, () => -1);
  return (text, from, work) => {
    let threads: readonly Thread[] = [];
    let found: Places | undefined;
    let before = from === 0 ? outside : codePointBefore(text, from);
    for (let place = from; ;) {
      const after = text.codePointAt(place) ?? outside;
      const seen = new Set<number>();
      const search: Search = { text, program, seen, work };
      const ways: Thread[] = [];
      // Threads that started earlier are preferred to one that starts here.
      for (const { at, places } of threads) follow(search, { at, places }, { place, before, after }, ways);
      if (found === undefined)
        follow(search, { at: 0, places: none.with(0, place) }, { place, before, after }, ways);
      if (work.stepsLeft < 0) return undefined;
      const next: Thread[] = [];
      for (const { at, places } of ways) {
        const instruction = program[at];
        if (instruction?.op === 'match') {
          found = places.with(1, place);
          // The following threads have a lower priority.
          break;
        }
        if (instruction?.op === 'set' && after !== outside && instruction.set(after))
          next.push({ at: at + 1, places });
      }
      if (after === outside || (next.length === 0 && found !== undefined)) return found;
      threads = next;
      before = after;
      place += after > 0xffff ? 2 : 1;
    }
  };
}

interface Here {
  readonly place: number;
  readonly before: number;
  readonly after: number;
}

/** Adds the instructions that a thread reaches before the next character, the preferred ones first. */
function follow(
  { program, seen, work }: Search,
  from: Thread,
  { place, before, after }: Here,
  ways: Thread[],
): void {
  const stack: Thread[] = [from];
  for (let thread = stack.pop(); thread !== undefined; thread = stack.pop()) {
    const { at, places } = thread;
    if (seen.has(at)) continue;
    seen.add(at);
    work.stepsLeft -= 1;
    const instruction = program[at];
    switch (instruction?.op) {
      case 'jump':
        stack.push({ at: instruction.target, places });
        break;
      case 'fork':
        stack.push({ at: instruction.second, places }, { at: instruction.first, places });
        break;
      case 'save':
        stack.push({ at: at + 1, places: places.with(instruction.slot, place) });
        break;
      case 'assert':
        if (holds(instruction.assertion, before, after)) stack.push({ at: at + 1, places });
        break;
      default:
        ways.push(thread);
    }
  }
}

function codePointBefore(text: string, place: number): number {
  const low = text.charCodeAt(place - 1);
  const isPair = low >= 0xdc00 && low <= 0xdfff && place > 1;
  return isPair ? (text.codePointAt(place - 2) ?? low) : low;
}
