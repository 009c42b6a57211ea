import { describe, expect, it } from 'vitest';

const script = new URL('../../scripts/type-names.mjs', import.meta.url);
const { check } = (await import(script.href)) as {
  readonly check: (texts: readonly (readonly [file: string, text: string])[]) => readonly string[];
};

describe('the check of type names', () => {
  it('finds a name that two files declare, exported or not, in a function too', () => {
    expect(
      check([
        ['a.ts', 'export interface Route {}\ntype Rule = string;'],
        ['b.ts', 'const route = () => {\n  type Route = number;\n  return (): Route => 0;\n};'],
        ['c.ts', '\n\nclass Rule {}'],
      ]),
    ).toEqual([
      'b.ts:2: the type "Route" is declared in a.ts:1 too: rename one of them',
      'c.ts:3: the type "Rule" is declared in a.ts:2 too: rename one of them',
    ]);
  });

  it('passes an overloaded or merged declaration of one file', () => {
    expect(check([['a.ts', 'interface Route {}\ninterface Route { a: 1 }']])).toEqual([]);
  });

  it.each(['Passed', 'Held', 'Made', 'RequestForwarded', 'PassedOver', 'SteppedResponse', 'HeldBody'])(
    'rejects the participle %s',
    (name) => {
      expect(check([['a.ts', `type ${name} = 1;`]])).toEqual([
        `a.ts:1: the type "${name}" is a participle: name it with a noun`,
      ]);
    },
  );

  it.each(['CompiledRule', 'ClusterFeed', 'Token', 'Encoding', 'Deferred', 'BufferedResponse', 'Thread'])(
    'passes the noun %s',
    (name) => {
      expect(check([['a.ts', `class ${name} {}`]])).toEqual([]);
    },
  );
});
