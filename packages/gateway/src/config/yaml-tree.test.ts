import { describe, expect, it } from 'vitest';
import { isMap, parseDocument } from 'yaml';
import { parseDocuments } from './parse-documents.ts';
import type { YamlRoot } from './yaml-tree.ts';
import { indexYaml } from './yaml-tree.ts';

describe('the index of a YAML file', () => {
  it('reads each entry once, however often it is looked up', () => {
    const count = 1000;
    const names = Array.from({ length: count }, (_, n) => `r${n}`);
    const root = parseDocument(names.map((name) => `${name}: {a: 1}\n`).join('')) as YamlRoot;
    if (!isMap(root.contents)) throw new Error('expected a mapping');
    let reads = 0;
    root.contents.items = new Proxy(root.contents.items, {
      get(items, key, receiver) {
        if (typeof key === 'string' && /^\d+$/.test(key)) reads += 1;
        return Reflect.get(items, key, receiver) as unknown;
      },
    });
    const { find, faults } = indexYaml(root);
    for (const name of names) expect(find([name, 'a']).key).toMatchObject({ value: 'a' });
    expect(faults).toEqual([]);
    expect(reads).toBe(count);
  });

  it('lets any number of routers share one list by an alias', () => {
    const routers = Array.from({ length: 300 }, (_, n) => `r${n}: { middlewares: *auth }`);
    const { documents, problems } = parseDocuments(['common: &auth [a, b]', ...routers].join('\n'), 'a.yaml');
    expect(problems).toEqual([]);
    expect(documents[0]!.value).toMatchObject({ r299: { middlewares: ['a', 'b'] } });
  });

  it('resolves an alias to the last anchor of that name before it', () => {
    const text = 'a: &x {v: one}\nb: *x\nc: &x {v: two}\nd: *x\n';
    const [document] = parseDocuments(text, 'a.yaml').documents;
    expect(document!.value).toMatchObject({ b: { v: 'one' }, d: { v: 'two' } });
    expect(document!.placeOf(['b', 'v']).line).toBe(1);
    expect(document!.placeOf(['d', 'v']).line).toBe(3);
  });

  it.each([
    ['a: &x [*x]\n', '1:8', 'this alias refers to itself'],
    ['a: {b: *x}\nc: &x 1\n', '1:8', 'undefined alias'],
    ['1: a\n"1": b\n', '2:1', 'duplicate key'],
    ['a: [{ b: 1, b: 2 }]\n', '1:13', 'duplicate key'],
  ])('reports the fault of %j at %s', (text, at, message) => {
    const { documents, problems } = parseDocuments(text, 'a.yaml');
    expect(documents).toEqual([]);
    expect(problems.map(({ place }) => `${place.line}:${place.column}`)).toEqual([at]);
    expect(problems[0]!.message).toBe(message);
  });

  it('reports multiplying aliases at the start of the document', () => {
    const levels = Array.from({ length: 12 }, (_, n) => {
      const item = n === 0 ? 'x' : `*l${n - 1}`;
      return `l${n}: &l${n} [${Array.from({ length: 9 }, () => item).join(', ')}]`;
    });
    expect(parseDocuments(levels.join('\n'), 'a.yaml').problems).toMatchObject([
      {
        code: 'syntax',
        place: { line: 1, column: 1 },
        message: 'too many values after its aliases are expanded',
      },
    ]);
  });
});
