import type { CharSet } from './char-set.ts';
import { RegexpFault } from './scanner.ts';
import type { Assertion, Syntax } from './syntax.ts';
import { isNullable } from './trim.ts';

/** One step of a program; control continues at the next one unless it names another. */
export type Instruction =
  | { readonly op: 'set'; readonly set: CharSet }
  | { readonly op: 'assert'; readonly assertion: Assertion }
  /** `first` is preferred. */
  | { op: 'fork'; first: number; second: number }
  /** Records the position: the start of group `slot / 2`, or its end. */
  | { readonly op: 'save'; readonly slot: number }
  | { op: 'jump'; target: number }
  | { readonly op: 'match' };

/** Maximum number of instructions of a program; bounds the work per character of input. */
export const maxInstructions = 10_000;

/**
 * Turns a tree into a program for `createRun` or `createFind` (Thompson's construction). @throws RegexpFault when it grows too large.
 *
 * @param captures whether it records where groups match.
 */
export function compileProgram(syntax: Syntax, captures: boolean): readonly Instruction[] {
  const program: Instruction[] = [];
  emit(syntax, { program, captures });
  push(program, { op: 'match' });
  return program;
}

interface ProgramDraft {
  readonly program: Instruction[];
  readonly captures: boolean;
}

function push<I extends Instruction>(program: Instruction[], instruction: I): I {
  if (program.length >= maxInstructions)
    throw new RegexpFault('the expression is too large because its repetitions multiply');
  program.push(instruction);
  return instruction;
}

function emit(syntax: Syntax, output: ProgramDraft): void {
  const { program, captures } = output;
  switch (syntax.kind) {
    case 'set':
      push(program, { op: 'set', set: syntax.set });
      break;
    case 'assertion':
      push(program, { op: 'assert', assertion: syntax.assertion });
      break;
    case 'group':
      if (captures) push(program, { op: 'save', slot: syntax.index * 2 });
      emit(syntax.item, output);
      if (captures) push(program, { op: 'save', slot: syntax.index * 2 + 1 });
      break;
    case 'sequence':
      for (const item of syntax.items) emit(item, output);
      break;
    case 'alternatives':
      emitAlternatives(syntax.items, output);
      break;
    case 'repeat':
      emitRepeat(syntax, output);
      break;
  }
}

function emitAlternatives(items: readonly Syntax[], output: ProgramDraft): void {
  const { program } = output;
  const ends: { target: number }[] = [];
  items.forEach((item, index) => {
    if (index === items.length - 1) {
      emit(item, output);
      return;
    }
    const skip = pushSkip(program, false);
    emit(item, output);
    ends.push(push(program, { op: 'jump', target: 0 }));
    skip();
  });
  for (const end of ends) end.target = program.length;
}

/** A fork between the next instruction and the place where the returned function is called. @param lazy whether the latter is preferred. */
function pushSkip(program: Instruction[], lazy: boolean): () => void {
  const next = program.length + 1;
  const fork = push(program, { op: 'fork', first: next, second: next });
  return () => {
    if (lazy) fork.first = program.length;
    else fork.second = program.length;
  };
}

/** A fork back to the beginning of an item. */
function pushRepeat(program: Instruction[], start: number, lazy: boolean): void {
  const next = program.length + 1;
  push(program, { op: 'fork', first: lazy ? next : start, second: lazy ? start : next });
}

function emitRepeat(
  { item, min, max, lazy }: Extract<Syntax, { kind: 'repeat' }>,
  output: ProgramDraft,
): void {
  const { program } = output;
  let before = program.length;
  for (let count = 0; count < min; count += 1) {
    before = program.length;
    emit(item, output);
    // An empty group repeats to nothing, whatever the count; nested ones would take very long to find that out.
    if (program.length === before) return;
  }
  if (max === Infinity && min > 0) {
    pushRepeat(program, before, lazy);
    return;
  }
  if (max === Infinity) {
    // An item that matches the empty text is tried once before the loop may end, as in Go: `(|a)*` prefers the empty match.
    const isTried = output.captures && isNullable(item);
    const skip = pushSkip(program, lazy);
    const start = program.length;
    emit(item, output);
    if (isTried) pushRepeat(program, start, lazy);
    else push(program, { op: 'jump', target: start - 1 });
    skip();
    return;
  }
  const skips: (() => void)[] = [];
  for (let count = min; count < max; count += 1) {
    skips.push(pushSkip(program, lazy));
    emit(item, output);
  }
  for (const skip of skips) skip();
}
