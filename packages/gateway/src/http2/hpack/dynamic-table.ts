import type { HeaderField } from './static-table.ts';

/** Size of a field beside its name and value (RFC 7541 section 4.1). */
export const fieldOverhead = 32;

/** Size of a table until the other side asks for another (RFC 9113 section 6.5.2), in bytes. */
export const defaultTableSize = 4096;

/** The fields that one side of a connection has told the other to remember (RFC 7541 section 2.3.2). */
export class DynamicTable {
  /** Number of changes: with the same number, an index means the same field. */
  revision = 0;
  /** Number of fields ever added. */
  insertions = 0;
  /** From the oldest to the newest; those before `#first` are forgotten. */
  #fields: HeaderField[] = [];
  #first = 0;
  #size = 0;
  #maxSize: number;

  /** @param maxSize bytes, as section 4.1 counts them. */
  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  get maxSize(): number {
    return this.#maxSize;
  }

  /** @param age 0 for the newest field. */
  get(age: number): HeaderField | undefined {
    const at = this.#fields.length - 1 - age;
    return at < this.#first ? undefined : this.#fields[at];
  }

  /** The age of a field that was added as the given number of insertions; undefined when it is forgotten. */
  ageOf(insertion: number): number | undefined {
    const age = this.insertions - insertion;
    return age < this.#fields.length - this.#first ? age : undefined;
  }

  /** Forgets the oldest fields where there is no room; a field that is larger than the table empties it. */
  add(field: HeaderField): void {
    const size = toSize(field);
    this.#shrinkTo(this.#maxSize - size);
    this.revision += 1;
    if (size > this.#maxSize) return;
    this.insertions += 1;
    this.#fields.push(field);
    this.#size += size;
  }

  resize(maxSize: number): void {
    this.#maxSize = maxSize;
    this.revision += 1;
    this.#shrinkTo(maxSize);
  }

  #shrinkTo(size: number): void {
    while (this.#size > Math.max(0, size)) {
      const oldest = this.#fields[this.#first];
      if (oldest === undefined) return;
      this.#first += 1;
      this.#size -= toSize(oldest);
    }
    if (this.#first < 64 || this.#first * 2 < this.#fields.length) return;
    this.#fields = this.#fields.slice(this.#first);
    this.#first = 0;
  }
}

const toSize = ({ name, value }: HeaderField): number => name.length + value.length + fieldOverhead;
