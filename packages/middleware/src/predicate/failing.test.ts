import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileClaims } from '../claims/compile.ts';
import { claimFunctions } from '../claims/functions.ts';
import type { Claims } from '../claims/claims.ts';
import { createFindFailing } from './failing.ts';

const claims: Claims = { t: 'yes', f: 'no' };
const find = (source: string) =>
  createFindFailing(source, claimFunctions)(claims).map(({ text, result }) => `${text} ${String(result)}`);
const t = 'Equals(`t`, `yes`)';
const f = 'Equals(`f`, `yes`)';
const missing = 'Contains(`m`, `x`)';

describe('the calls because of which an expression is not true', () => {
  it.each([
    [t, []],
    [f, [`${f} false`]],
    [`!${t}`, [`${t} true`]],
    [`${t} && ${f} && ${missing}`, [`${f} false`, `${missing} false`]],
    [`${f} || ${missing}`, [`${f} false`, `${missing} false`]],
    [`${t} && (${f} || !${t})`, [`${f} false`, `${t} true`]],
    [`!(${t} && !${f})`, [`${t} true`, `${f} false`]],
    [`!(${f} || ${t})`, [`${t} true`]],
    ['Equals(', []],
  ])('of %s are %j', (source, expected) => expect(find(source)).toEqual(expected));

  it('are empty exactly when it is true, and each has the reported result', () => {
    const leaf = fc.nat({ max: 4 }).map((name) => `Equals(\`c${name}\`, \`yes\`)`);
    const tree = fc.letrec<{ node: string }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        leaf,
        tie('node').map((inner) => `!(${inner})`),
        fc.tuple(tie('node'), fc.constantFrom('&&', '||'), tie('node')).map(([a, op, b]) => `(${a}) ${op} (${b})`),
      ),
    })).node;
    fc.assert(
      fc.property(tree, fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }), (source, values) => {
        const own = Object.fromEntries(values.map((value, at) => [`c${at}`, value ? 'yes' : 'no']));
        const compiled = compileClaims(source);
        if (!compiled.ok) throw new Error(source);
        const failing = createFindFailing(source, claimFunctions)(own);
        expect(failing.length === 0).toBe(compiled.evaluate(own));
        for (const { text, result } of failing) {
          const one = compileClaims(text);
          expect(one.ok && one.evaluate(own)).toBe(result);
        }
      }),
    );
  }); // prettier-ignore
});
