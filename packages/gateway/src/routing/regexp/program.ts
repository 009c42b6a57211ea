import type { CharSet } from './char-set.ts';
import { RegexpFault } from './scanner.ts';
import type { Assertion, Syntax } from './syntax.ts';

/** One step of a program; control goes to the next one unless it says otherwise. */
export type Instruction =
  | { readonly op: 'set'; readonly set: CharSet }
  | { readonly op: 'assert'; readonly assertion: Assertion }
  | { op: 'fork'; readonly first: number; second: number }
  | { op: 'jump'; target: number }
  | { readonly op: 'match' };

/** Most instructions of a program; bounds the work per character of input. */
export const maxInstructions = 10_000;

/** Turns a tree into a program for `runProgram` (Thompson's construction). @throws RegexpFault when it grows too large. */
export function compileProgram(syntax: Syntax): readonly Instruction[] {
  const program: Instruction[] = [];
  emit(syntax, program);
  push(program, { op: 'match' });
  return program;
}

function push<I extends Instruction>(program: Instruction[], instruction: I): I {
  if (program.length >= maxInstructions)
    throw new RegexpFault('the expression is too large because its repetitions multiply');
  program.push(instruction);
  return instruction;
}

function emit(syntax: Syntax, program: Instruction[]): void {
  switch (syntax.kind) {
    case 'set':
      push(program, { op: 'set', set: syntax.set });
      break;
    case 'assertion':
      push(program, { op: 'assert', assertion: syntax.assertion });
      break;
    case 'sequence':
      for (const item of syntax.items) emit(item, program);
      break;
    case 'alternatives':
      emitAlternatives(syntax.items, program);
      break;
    case 'repeat':
      emitRepeat(syntax, program);
      break;
  }
}

function emitAlternatives(items: readonly Syntax[], program: Instruction[]): void {
  const ends: { target: number }[] = [];
  items.forEach((item, index) => {
    if (index === items.length - 1) {
      emit(item, program);
      return;
    }
    const fork = push(program, { op: 'fork', first: program.length + 1, second: 0 });
    emit(item, program);
    ends.push(push(program, { op: 'jump', target: 0 }));
    fork.second = program.length;
  });
  for (const end of ends) end.target = program.length;
}

function emitRepeat({ item, min, max }: Extract<Syntax, { kind: 'repeat' }>, program: Instruction[]): void {
  for (let count = 0; count < min; count += 1) {
    const before = program.length;
    emit(item, program);
    // An empty group repeats to nothing, however often; nested ones would take very long to find that out.
    if (program.length === before) return;
  }
  if (max === Infinity) {
    const fork = push(program, { op: 'fork', first: program.length + 1, second: 0 });
    const start = program.length - 1;
    emit(item, program);
    push(program, { op: 'jump', target: start });
    fork.second = program.length;
    return;
  }
  const skips: { second: number }[] = [];
  for (let count = min; count < max; count += 1) {
    skips.push(push(program, { op: 'fork', first: program.length + 1, second: 0 }));
    emit(item, program);
  }
  for (const skip of skips) skip.second = program.length;
}
