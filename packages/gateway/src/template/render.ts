import { evaluate } from './evaluate.ts';
import { templateFunctions } from './functions/functions.ts';
import { tokenize } from './lexer.ts';
import { parseTemplate } from './parser.ts';
import type { RenderedText } from './rendered-text.ts';
import { createRenderedText } from './rendered-text.ts';
import type { EnvLookUp } from './template-function.ts';
import { TemplateFault } from './template-fault.ts';

export interface RenderOptions {
  readonly env: (name: string) => EnvLookUp;
  /** Milliseconds since 1970. Default: the clock of the machine. */
  readonly now?: () => number;
  /** Default: 64 MiB of text, 2,000,000 steps. */
  readonly limits?: { readonly output: number; readonly steps: number };
}

export type Rendering =
  | { readonly ok: true; readonly rendered: RenderedText }
  | {
      readonly ok: false;
      /** Never contains a value. */
      readonly message: string;
      /** Code units from the start of the source. */
      readonly offset: number;
    };

const defaultLimits = Object.freeze({ output: 64 * 2 ** 20, steps: 2_000_000 });

const functionNames: ReadonlySet<string> = new Set(templateFunctions.keys());

/**
 * Renders a Go template as Traefik's file provider does: `text/template` with a subset of sprig's functions, no data, and the
 * environment. The same source renders to the same text while the environment is the same, unless it calls `now`.
 */
export function renderTemplate(
  source: string,
  { env, now = Date.now, limits = defaultLimits }: RenderOptions,
): Rendering {
  try {
    const template = parseTemplate(tokenize(source), functionNames);
    const pieces = evaluate(template, { functions: templateFunctions, env, now, limits });
    return { ok: true, rendered: createRenderedText(pieces) };
  } catch (error) {
    if (error instanceof TemplateFault) return { ok: false, message: error.message, offset: error.offset };
    throw error;
  }
}
