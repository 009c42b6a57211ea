import { hopByHop } from '../../http1/message/hop-by-hop.ts';
import type { CallerResponseHead } from '../../http1/message/response-writer.ts';
import type { HpackEncoder } from '../hpack/encoder.ts';

/** Heads whose encoding is kept until the table changes. */
const maxKept = 64;

/** Encodes the heads of responses on one connection. Servers send the same few repeatedly. */
export class ResponseHeads {
  readonly #encoder: HpackEncoder;
  readonly #known = new Map<CallerResponseHead, Buffer>();
  readonly #date: () => string;
  #revision = -1;

  /** @param date gives the value of `Date`. */
  constructor(encoder: HpackEncoder, date: () => string) {
    this.#encoder = encoder;
    this.#date = date;
  }

  encode(head: CallerResponseHead): Buffer {
    if (!head.reused || head.dated) return this.#encoder.encode(this.#toFields(head));
    const before = this.#encoder.revision;
    const known = this.#revision === before ? this.#known.get(head) : undefined;
    if (known !== undefined) return known;
    const block = this.#encoder.encode(this.#toFields(head));
    if (this.#encoder.revision !== before) return block;
    if (this.#revision !== before || this.#known.size >= maxKept) this.#known.clear();
    this.#revision = before;
    this.#known.set(head, block);
    return block;
  }

  #toFields({ status, headers, dated }: CallerResponseHead): readonly string[] {
    const fields = [':status', String(status)];
    appendFields(fields, headers);
    if (dated && !fields.includes('date')) fields.push('date', this.#date());
    return fields;
  }
}

/** Adds fields without those of an HTTP/1.1 connection, which HTTP/2 does not have. @param headers name and value in turn. */
export function appendFields(fields: string[], headers: readonly string[]): void {
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = (headers[at] ?? '').toLowerCase();
    if (!hopByHop.has(name) || name === 'trailer' || name === 'proxy-authenticate')
      fields.push(name, headers[at + 1] ?? '');
  }
}
