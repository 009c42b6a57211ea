import type { Alias, Document, Node, ParsedNode, Scalar } from 'yaml';
import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Path } from './path.ts';

export type YamlRoot = Document.Parsed;

/** A value of a document; both undefined if there is none. */
export interface YamlEntry {
  /** The node of the key, when the value is in a mapping. */
  readonly key: Node | undefined;
  readonly value: Node | undefined;
}

export interface YamlFault {
  /** Index in the text. */
  readonly offset: number;
  readonly message: string;
}

/** A document, indexed in one pass: a file may contain 10,000 routers, each with several position look-ups. */
export interface YamlTree {
  /** Problems that the parser does not report, or only in time quadratic in the size of the file. */
  readonly faults: readonly YamlFault[];
  /** The node at a path, or its nearest ancestor. */
  readonly find: (path: Path) => YamlEntry;
  /** The target of an alias; any other node is returned unchanged. */
  readonly follow: (node: Node | undefined) => Node | undefined;
}

/** Maximum number of values in a document after its aliases are expanded. */
const maxValues = 2_000_000;

/** The key of an object that the parser makes of a scalar; the merge key `<<` is a symbol. */
const toKey = (value: string | number | boolean | symbol | null): string =>
  value === null ? '' : String(value);

export function indexYaml(root: YamlRoot): YamlTree {
  const faults: YamlFault[] = [];
  const entries = new Map<Node, ReadonlyMap<string, YamlEntry>>();
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  /**
   * Number of values below a node, including itself and expanded aliases. A node that is still being visited has none yet.
   */
  const sizes = new Map<Node, number>();
  const report = (node: Node, message: string): void =>
    void faults.push({ offset: node.range?.[0] ?? 0, message });

  const walk = (node: Node | null): number => {
    if (node === null) return 1;
    if (isAlias(node)) return followAlias(node);
    const { anchor } = node as { readonly anchor?: string };
    if (anchor !== undefined) anchors.set(anchor, node);
    let size = 1;
    if (isMap<ParsedNode, ParsedNode | null>(node)) {
      const index = new Map<string, YamlEntry>();
      for (const { key, value } of node.items) {
        if (isScalar(key)) addKey(index, key, value);
        size += walk(key) + walk(value);
      }
      entries.set(node, index);
    } else if (isSeq<ParsedNode>(node)) for (const item of node.items) size += walk(item);
    sizes.set(node, size);
    return size;
  };
  const followAlias = (alias: Alias): number => {
    const target = anchors.get(alias.source);
    const size = target && sizes.get(target);
    if (target === undefined) report(alias, 'undefined alias');
    else if (size === undefined) report(alias, 'this alias refers to itself');
    else targets.set(alias, target);
    return size ?? 1;
  };
  const addKey = (index: Map<string, YamlEntry>, key: Scalar, value: Node | null): void => {
    const name = toKey(key.value as Parameters<typeof toKey>[0]);
    if (index.has(name)) report(key, 'duplicate key');
    else index.set(name, { key, value: value ?? undefined });
  };

  const { contents } = root;
  if (walk(contents) > maxValues && contents !== null)
    report(contents, 'too many values after its aliases are expanded');

  const follow = (node: Node | undefined): Node | undefined => (isAlias(node) ? targets.get(node) : node);
  const childOf = (parent: Node | undefined, name: string | number): YamlEntry | undefined => {
    const node = follow(parent);
    if (isMap(node)) return entries.get(node)?.get(String(name));
    const item = isSeq<Node>(node) && typeof name === 'number' ? node.items[name] : undefined;
    return item && { key: undefined, value: item };
  };
  return {
    faults,
    follow,
    find(path) {
      let at: YamlEntry = { key: undefined, value: contents ?? undefined };
      for (const name of path) {
        const next = childOf(at.value, name);
        if (next === undefined) break;
        at = next;
      }
      return at;
    },
  };
}
