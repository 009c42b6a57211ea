import type { TemplateFunction } from '../template-function.ts';
import { builtinFunctions } from './builtins.ts';
import { comparisonFunctions } from './comparison.ts';
import { dateFunctions } from './dates.ts';
import { defaultFunctions } from './defaults.ts';
import { jsonFunctions } from './json.ts';
import { listFunctions } from './lists.ts';
import { numberFunctions } from './numbers.ts';
import { regexFunctions } from './regex.ts';
import { textFunctions } from './texts.ts';

/** All functions that a template may call, by name. */
export const templateFunctions: ReadonlyMap<string, TemplateFunction> = new Map(
  [
    builtinFunctions,
    comparisonFunctions,
    dateFunctions,
    defaultFunctions,
    jsonFunctions,
    listFunctions,
    numberFunctions,
    regexFunctions,
    textFunctions,
  ].flatMap((group) => Object.entries(group)),
);
