import type { CharSet } from './char-set.ts';
import type { Instruction } from './program.ts';
import { isWord, newline, outside } from './step.ts';

/** Classes of characters that a program cannot tell apart. */
export interface CharClasses {
  /** Number of classes. */
  readonly count: number;
  /** Class of an ASCII character, or of the end of the text; -1 for others. */
  of(codePoint: number): number;
}

/** Groups the ASCII characters into classes: members of one class are in the same sets of the program, and alike to its assertions. */
export function classify(program: readonly Instruction[]): CharClasses {
  const sets = new Set<CharSet>();
  for (const instruction of program) if (instruction.op === 'set') sets.add(instruction.set);
  const byCode = new Uint8Array(128);
  let count = 1;
  const refine = (tell: (codePoint: number) => boolean): void => {
    const renamed = new Uint8Array(512);
    // Class 0 is the end of the text.
    count = 1;
    for (let code = 0; code < 128; code += 1) {
      const key = (byCode[code] ?? 0) + (tell(code) ? 256 : 0);
      byCode[code] = renamed[key] ||= count++;
    }
  };
  refine((code) => code === newline);
  refine(isWord);
  for (const set of sets) refine(set);
  return {
    count,
    of: (codePoint) => (codePoint === outside ? 0 : codePoint < 128 ? (byCode[codePoint] ?? -1) : -1),
  };
}
