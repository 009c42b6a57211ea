import { defaultTableSize, DynamicTable, fieldOverhead } from './dynamic-table.ts';
import { encodeHuffman, huffmanLength } from './huffman.ts';
import { staticTable } from './static-table.ts';

/** Upper bound of the bytes that a field takes: no code of RFC 7541 is used where it makes a text longer. */
const bytesOf = (fields: readonly string[]): number => {
  // Each field: an index or its first byte, and two lengths; before all of them, two changes of the table's size.
  let bytes = 12 + 6 * fields.length;
  for (const text of fields) bytes += text.length;
  return bytes;
};

/**
 * Encodes the field sections that one side of a connection sends (RFC 7541). A class, because each connection has one.
 *
 * Fields that rarely repeat are not added to the table, and neither are credentials: an attacker who controls other requests on the
 * connection could guess them by the length of a section (section 7.1).
 */
export class HpackEncoder {
  readonly #table: DynamicTable;
  readonly #maxTableSize: number;
  /** Values added to the table by name, each with its number of insertions; those that are forgotten are found out at their use. */
  readonly #added = new Map<string, Map<string, number>>();
  /** Sizes that the other side does not know yet: the smallest since the last section, and the current one. */
  #newSizes: readonly number[] = [];
  #into: Buffer = Buffer.alloc(0);
  #at = 0;

  /** @param maxTableSize bytes, whatever the other side allows. */
  constructor(maxTableSize: number) {
    this.#maxTableSize = maxTableSize;
    this.#table = new DynamicTable(defaultTableSize);
    if (maxTableSize < defaultTableSize) this.allowTableSize(maxTableSize);
  }

  /** With the same number, the same fields have the same encoding, unless encoding them changes it. */
  get revision(): number {
    return this.#table.revision;
  }

  /** @param allowed SETTINGS_HEADER_TABLE_SIZE of the other side, in bytes. */
  allowTableSize(allowed: number): void {
    const size = Math.min(allowed, this.#maxTableSize);
    if (size === this.#table.maxSize) return;
    const smallest = Math.min(size, ...this.#newSizes);
    this.#newSizes = smallest === size ? [size] : [smallest, size];
    this.#table.resize(size);
  }

  /** @param fields name in lower case and value in turn, as Latin-1. @returns bytes of its own. */
  encode(fields: readonly string[]): Buffer {
    this.#into = Buffer.allocUnsafe(bytesOf(fields));
    this.#at = 0;
    for (const size of this.#newSizes) this.#writeInteger(0x20, 0x1f, size);
    this.#newSizes = [];
    for (let at = 0; at + 1 < fields.length; at += 2)
      this.#writeField(fields[at] ?? '', fields[at + 1] ?? '');
    return this.#into.subarray(0, this.#at);
  }

  #writeField(name: string, value: string): void {
    const known = staticIndices.get(name);
    const index = known?.values.get(value) ?? this.#findAdded(name, value);
    if (index !== undefined) {
      this.#writeInteger(0x80, 0x7f, index);
      return;
    }
    const policy = policies.get(name) ?? 'add';
    const size = name.length + value.length + fieldOverhead;
    // One that takes most of the table would displace everything else.
    const isAdded = policy === 'add' && size <= (this.#table.maxSize * 3) / 4;
    if (isAdded) this.#writeInteger(0x40, 0x3f, known?.index ?? 0);
    else this.#writeInteger(policy === 'never' ? 0x10 : 0, 0x0f, known?.index ?? 0);
    if (known === undefined) this.#writeString(name, true);
    // A value that comes once is not worth the time of the Huffman code.
    this.#writeString(value, isAdded);
    if (isAdded) this.#add(name, value);
  }

  #findAdded(name: string, value: string): number | undefined {
    const values = this.#added.get(name);
    const insertion = values?.get(value);
    if (values === undefined || insertion === undefined) return undefined;
    const age = this.#table.ageOf(insertion);
    if (age === undefined) {
      values.delete(value);
      if (values.size === 0) this.#added.delete(name);
    }
    return age === undefined ? undefined : staticTable.length + 1 + age;
  }

  #add(name: string, value: string): void {
    this.#table.add({ name, value });
    // Forgotten values would otherwise stay here until the connection is closed.
    if (this.#table.insertions % 256 === 0) this.#dropForgotten();
    const values = this.#added.get(name);
    if (values === undefined) this.#added.set(name, new Map([[value, this.#table.insertions]]));
    else values.set(value, this.#table.insertions);
  }

  #dropForgotten(): void {
    for (const [name, values] of this.#added) {
      for (const [value, insertion] of values)
        if (this.#table.ageOf(insertion) === undefined) values.delete(value);
      if (values.size === 0) this.#added.delete(name);
    }
  }

  #writeString(text: string, mayCompress: boolean): void {
    const length = mayCompress ? huffmanLength(text) : text.length;
    if (length < text.length) {
      this.#writeInteger(0x80, 0x7f, length);
      this.#at = encodeHuffman(text, this.#into, this.#at);
    } else {
      this.#writeInteger(0, 0x7f, text.length);
      this.#at += this.#into.write(text, this.#at, 'latin1');
    }
  }

  /** RFC 7541 section 5.1. */
  #writeInteger(bits: number, mask: number, value: number): void {
    if (value < mask) {
      this.#into[this.#at++] = bits | value;
      return;
    }
    this.#into[this.#at++] = bits | mask;
    let rest = value - mask;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#into[this.#at++] = (rest % 128) | 128;
    this.#into[this.#at++] = rest;
  }
}

interface StaticIndices {
  /** The first with this name. */
  readonly index: number;
  readonly values: Map<string, number>;
}

const staticIndices: ReadonlyMap<string, StaticIndices> = toStaticIndices();

function toStaticIndices(): ReadonlyMap<string, StaticIndices> {
  const indices = new Map<string, StaticIndices>();
  staticTable.forEach(({ name, value }, at) => {
    const known = indices.get(name) ?? { index: at + 1, values: new Map<string, number>() };
    if (!indices.has(name)) indices.set(name, known);
    known.values.set(value, at + 1);
  });
  return indices;
}

/** Whether a field is added to the table; `never`: nor by anybody who passes it on (RFC 7541 section 6.2.3). */
const policies: ReadonlyMap<string, 'without' | 'never'> = new Map([
  ...[':path', 'age', 'content-length', 'content-range', 'etag', 'if-modified-since', 'if-none-match'].map(
    (name) => [name, 'without'] as const,
  ),
  ...['last-modified', 'location', 'traceparent', 'x-request-id'].map((name) => [name, 'without'] as const),
  ...['authorization', 'cookie', 'proxy-authorization', 'set-cookie'].map((name) => [name, 'never'] as const),
]);
