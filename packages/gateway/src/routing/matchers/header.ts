import type { PredicateFunction } from '@grantgate/middleware/predicate/functions';
import { headerValues } from '../header-values.ts';
import type { MatchContext } from '../match-context.ts';
import { compileRegexp } from '../regexp/compile.ts';
import { refuseEmpty } from './argument.ts';

/** Header(`key`, `value`): a field line with that name, in any letter case, has exactly that value. */
export const header: PredicateFunction<MatchContext> = {
  parameters: ['key', 'value'],
  build(args) {
    const [key = '', value = ''] = args;
    const name = key.toLowerCase();
    // A value consists of bytes, one per character.
    const bytes = Buffer.from(value, 'utf8').toString('latin1');
    return refuseEmpty(args) ?? (({ facts }) => headerValues(facts, name).includes(bytes));
  },
};

/** HeaderRegexp(`key`, `regexp`): a field line with that name matches. */
export const headerRegexp: PredicateFunction<MatchContext> = {
  parameters: ['key', 'regexp'],
  build(args) {
    const [key = '', source = ''] = args;
    const name = key.toLowerCase();
    const empty = refuseEmpty(args);
    if (empty !== undefined) return empty;
    const compiled = compileRegexp(source);
    return compiled.ok
      ? (context) =>
          headerValues(context.facts, name).some((value) => compiled.test(fromUtf8(value), context))
      : { argument: 1, message: compiled.message };
  },
};

/** Decodes a value that is UTF-8. */
const fromUtf8 = (value: string): string =>
  /[\u0080-\u00ff]/.test(value) ? Buffer.from(value, 'latin1').toString('utf8') : value;
