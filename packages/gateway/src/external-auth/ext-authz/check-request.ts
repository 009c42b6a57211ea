import { type Field, readFields } from './protobuf.ts';

/** The fields of `envoy.service.auth.v3.CheckRequest` that the gateway reads. */
export interface CheckRequest {
  readonly method: string;
  /** Path and query, as the caller sent them. */
  readonly path: string;
  readonly host: string;
  readonly scheme: string;
  /** `HTTP/1.1`, `HTTP/2`, ... */
  readonly protocol: string;
  /** Name and value in turn, values in Node.js's form (Latin-1). */
  readonly rawHeaders: readonly string[];
  readonly contextExtensions: ReadonlyMap<string, string>;
  readonly sourceAddress: string;
  readonly sourcePort: number;
}

/** @throws RangeError for bytes that are not a valid message. */
export function readCheckRequest(bytes: Buffer): CheckRequest {
  const attributes = messageAt(bytes, 1);
  const http = messageAt(messageAt(attributes, 4), 2);
  const contextExtensions = new Map<string, string>();
  for (const field of readFields(attributes))
    if (field.number === 10) {
      const [key, value] = readPair(field, 2);
      contextExtensions.set(key, Buffer.from(value, 'latin1').toString('utf8'));
    }
  const rawHeaders: string[] = [];
  for (const field of readFields(http)) {
    if (field.number === 3) rawHeaders.push(...readPair(field, 2));
    // With `encode_raw_headers`: HeaderMap.headers[], each with raw_value (3) instead of value (2).
    if (field.number === 13)
      for (const header of readFields(field.bytes ?? none))
        if (header.number === 1) rawHeaders.push(...readPair(header, 2, 3));
  }
  const socket = messageAt(messageAt(messageAt(attributes, 1), 1), 1);
  return {
    method: textAt(http, 2),
    path: textAt(http, 4),
    host: textAt(http, 5),
    scheme: textAt(http, 6),
    protocol: textAt(http, 10),
    rawHeaders,
    contextExtensions,
    sourceAddress: textAt(socket, 2),
    sourcePort: numberAt(socket, 3),
  };
}

const none = Buffer.alloc(0);

/** The last one wins. Messages that are split into several fields are not joined, because no writer splits them. */
function messageAt(message: Buffer, number: number): Buffer {
  let found: Buffer | undefined;
  for (const field of readFields(message)) if (field.number === number) found = field.bytes;
  return found ?? none;
}

const textAt = (message: Buffer, number: number): string => messageAt(message, number).toString('utf8');

function numberAt(message: Buffer, number: number): number {
  let found = 0;
  for (const field of readFields(message)) if (field.number === number) found = field.value;
  return found;
}

function readPair({ bytes = none }: Field, ...valueNumbers: readonly number[]): readonly [string, string] {
  let key = '';
  let value = '';
  for (const field of readFields(bytes)) {
    if (field.number === 1) key = field.bytes?.toString('utf8') ?? '';
    else if (valueNumbers.includes(field.number) && field.bytes !== undefined && field.bytes.length > 0)
      value = field.bytes.toString('latin1');
  }
  return [key, value];
}
