/** A field of an encoded protobuf message (protobuf.dev/programming-guides/encoding). */
export interface Field {
  readonly number: number;
  /** The payload of a length-delimited field; undefined for a number. */
  readonly bytes: Buffer | undefined;
  /** The value of a varint, exact up to 2^53; 0 for other types. */
  readonly value: number;
}

/**
 * The fields of a message, in their order. The caller must skip unknown ones.
 *
 * @throws RangeError for a truncated or malformed message.
 */
export function* readFields(message: Buffer): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 10; count += 1) {
      const byte = message[at];
      if (byte === undefined) break;
      at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw new RangeError('not a protobuf message: truncated number');
  };
  while (at < message.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    const type = tag % 8;
    if (type === 0) yield { number, bytes: undefined, value: varint() };
    else {
      const length = type === 2 ? varint() : type === 1 ? 8 : type === 5 ? 4 : NaN;
      const end = at + length;
      if (!(end <= message.length)) throw new RangeError('not a protobuf message: truncated field');
      const bytes = message.subarray(at, end);
      at = end;
      yield { number, bytes: type === 2 ? bytes : undefined, value: 0 };
    }
  }
}

/** Encodes a number; nothing for 0, which is the meaning of an absent one. */
export function numberField(number: number, value: number): Buffer {
  return value === 0 ? empty : Buffer.from([...toVarint(number * 8), ...toVarint(value)]);
}

/** Encodes a string, bytes or a message, including empty ones. */
export function bytesField(number: number, content: Buffer | string): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return Buffer.concat([Buffer.from([...toVarint(number * 8 + 2), ...toVarint(bytes.length)]), bytes]);
}

const empty = Buffer.alloc(0);

function toVarint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return bytes;
}
