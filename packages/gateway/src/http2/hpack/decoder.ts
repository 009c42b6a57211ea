import { defaultTableSize, DynamicTable, fieldOverhead } from './dynamic-table.ts';
import { decodeHuffman } from './huffman.ts';
import { staticTable, type HeaderField } from './static-table.ts';

/** Limits of one field section, both as counted by SETTINGS_MAX_HEADER_LIST_SIZE (RFC 9113 section 6.5.2). */
export interface FieldLimits {
  readonly maxBytes: number;
  readonly maxFields: number;
}

/**
 * Fields, name and value in turn, as Latin-1; or why there are none: `invalid` ends the connection (COMPRESSION_ERROR), and after
 * `too_large` the table is still that of the other side.
 */
export type DecodedFields = readonly string[] | 'invalid' | 'too_large';

/** Longest block that is compared with the next one, in bytes. */
const maxRepeatedBytes = 1024;
/** Larger integers do not occur; RFC 7541 section 5.1 requires a limit. */
const maxInteger = 2 ** 28;

/** Decodes the field sections that one side of a connection sends (RFC 7541). A class, because each connection has one. */
export class HpackDecoder {
  readonly #table: DynamicTable;
  readonly #maxTableSize: number;
  readonly #limits: FieldLimits;
  #block: Buffer = nothing;
  #at = 0;
  #end = 0;
  /** The latest block that changed nothing in the table: a client often sends the same one again. */
  readonly #repeated = new RepeatedBlock();

  /** @param maxTableSize SETTINGS_HEADER_TABLE_SIZE that this side has announced, in bytes. */
  constructor(maxTableSize: number, limits: FieldLimits) {
    this.#maxTableSize = maxTableSize;
    this.#table = new DynamicTable(Math.min(defaultTableSize, maxTableSize));
    this.#limits = limits;
  }

  /** @returns the very same fields when a block is repeated. */
  decode(block: Buffer, start: number, end: number): DecodedFields {
    const { revision } = this.#table;
    const known = this.#repeated.find(block, start, end, revision);
    if (known !== undefined) return known;
    this.#block = block;
    this.#at = start;
    this.#end = end;
    const fields = this.#readFields();
    this.#block = nothing;
    if (typeof fields !== 'string' && this.#table.revision === revision)
      this.#repeated.keep(block, start, end, revision, fields);
    return fields;
  }

  #readFields(): DecodedFields {
    const fields: string[] = [];
    let bytes = 0;
    let isTooLarge = false;
    let mayResize = true;
    while (this.#at < this.#end) {
      const first = this.#block[this.#at] ?? 0;
      if ((first & 0xe0) === 0x20) {
        if (!mayResize || !this.#resize()) return 'invalid';
        continue;
      }
      mayResize = false;
      const field = first >= 0x80 ? this.#lookUp(this.#readInteger(0x7f)) : this.#readLiteral(first);
      if (field === undefined) return 'invalid';
      bytes += field.name.length + field.value.length + fieldOverhead;
      isTooLarge ||= bytes > this.#limits.maxBytes || fields.length >= 2 * this.#limits.maxFields;
      if (!isTooLarge) fields.push(field.name, field.value);
    }
    return isTooLarge ? 'too_large' : fields;
  }

  /** RFC 7541 section 6.3. */
  #resize(): boolean {
    const size = this.#readInteger(0x1f);
    if (size === undefined || size > this.#maxTableSize) return false;
    this.#table.resize(size);
    return true;
  }

  /** RFC 7541 section 6.2. */
  #readLiteral(first: number): HeaderField | undefined {
    const isIndexed = first >= 0x40;
    const index = this.#readInteger(isIndexed ? 0x3f : 0x0f);
    const name = index === 0 ? this.#readString() : this.#lookUp(index)?.name;
    const value = name === undefined ? undefined : this.#readString();
    if (name === undefined || value === undefined) return undefined;
    const field = { name, value };
    if (isIndexed) this.#table.add(field);
    return field;
  }

  #lookUp(index: number | undefined): HeaderField | undefined {
    if (index === undefined || index === 0) return undefined;
    const age = index - staticTable.length - 1;
    return age < 0 ? staticTable[index - 1] : this.#table.get(age);
  }

  #readString(): string | undefined {
    const isHuffman = ((this.#block[this.#at] ?? 0) & 0x80) !== 0;
    const length = this.#readInteger(0x7f);
    if (length === undefined || length > this.#end - this.#at) return undefined;
    const start = this.#at;
    this.#at += length;
    return isHuffman
      ? decodeHuffman(this.#block, start, this.#at)
      : this.#block.toString('latin1', start, this.#at);
  }

  /** RFC 7541 section 5.1. @param mask of the bits that the first byte has for it. */
  #readInteger(mask: number): number | undefined {
    if (this.#at >= this.#end) return undefined;
    let value = (this.#block[this.#at++] ?? 0) & mask;
    if (value < mask) return value;
    for (let factor = 1; value < maxInteger && this.#at < this.#end; factor *= 128) {
      const byte = this.#block[this.#at++] ?? 0;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value < maxInteger ? value : undefined;
      if (factor > maxInteger) return undefined;
    }
    return undefined;
  }
}

const nothing = Buffer.alloc(0);

/** A block, and the fields that it stands for until the table changes. */
class RepeatedBlock {
  #bytes: Buffer = nothing;
  #length = -1;
  #revision = -1;
  #fields: readonly string[] = [];
  #isWorthIt = false;

  find(block: Buffer, start: number, end: number, revision: number): readonly string[] | undefined {
    if (end - start !== this.#length || revision !== this.#revision) return undefined;
    for (let at = 0; at < this.#length; at += 1) if (this.#bytes[at] !== block[start + at]) return undefined;
    return this.#fields;
  }

  keep(block: Buffer, start: number, end: number, revision: number, fields: readonly string[]): void {
    const length = end - start;
    if (length > maxRepeatedBytes) return;
    // Many connections have one request only.
    if (!this.#isWorthIt) {
      this.#isWorthIt = true;
      return;
    }
    if (this.#bytes.length < length) this.#bytes = Buffer.allocUnsafeSlow(2 * length);
    block.copy(this.#bytes, 0, start, end);
    this.#length = length;
    this.#revision = revision;
    this.#fields = fields;
  }
}
