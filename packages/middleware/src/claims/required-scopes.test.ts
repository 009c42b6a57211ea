import { expect, it } from 'vitest';
import { requiredScopesOf } from './required-scopes.ts';

it.each<readonly [string | undefined, readonly string[]]>([
  [undefined, []],
  ['SplitContains(`scope`, ` `, `orders:read`)', ['orders:read']],
  ['splitcontains(`scp`, ` `, `a`) && (Equals(`grp`, `x`) && Contains(`scp`, `b`)) && Contains(`scp`, `b`)', ['a', 'b']],
  ['SplitContains(`scope`, ` `, `a`) || SplitContains(`scope`, ` `, `b`)', []],
  ['!SplitContains(`scope`, ` `, `a`)', []],
  ['SplitContains(`scope`, `,`, `a`)', []],
  ['SplitContains(`roles`, ` `, `a`)', []],
  ['Contains(`scope`, `a`)', []],
  ['SplitContains(`scope`, ` `, `a"b`)', []],
  ['not an expression', []],
])('the scopes that %s requires are %j', (source, scopes) => {
  expect(requiredScopesOf(source)).toEqual(scopes);
}); // prettier-ignore
