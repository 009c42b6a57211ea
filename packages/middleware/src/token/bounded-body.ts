import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';

/**
 * The fault of an unusable response, without server text. It follows the server's name: `responded in a broken content encoding`.
 */
export class UnusableResponse extends Error {}

/**
 * Reads a body to its end.
 * @throws UnusableResponse as soon as it exceeds `maxBytes`; leaving the loop closes the connection.
 */
export async function readBounded(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw tooLong(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const decoders: Readonly<
  Record<string, (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Uint8Array>>
> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  // Some servers send DEFLATE without the zlib wrapper (RFC 9110 section 8.4.1.2); the first byte shows it.
  deflate: (bytes, options) =>
    promisify(((bytes[0] ?? 0) & 0x0f) === 8 ? inflate : inflateRaw)(bytes, options),
  br: promisify(brotliDecompress),
};

/**
 * Decodes a `Content-Encoding` that a server applied although none was requested.
 * @throws UnusableResponse when the result exceeds `maxBytes`, or the encoding is unknown or invalid.
 */
export async function decodeContent(
  encoding: string,
  bytes: Uint8Array,
  maxBytes: number,
): Promise<Uint8Array> {
  const name = encoding.trim().toLowerCase();
  if (name === '' || name === 'identity' || bytes.length === 0) return bytes;
  const decode = Object.hasOwn(decoders, name) ? decoders[name] : undefined;
  if (decode === undefined)
    throw new UnusableResponse('responded in a content encoding that was not requested');
  try {
    return await decode(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLong(maxBytes);
    throw new UnusableResponse('responded in a broken content encoding');
  }
}

const tooLong = (maxBytes: number): UnusableResponse =>
  new UnusableResponse(`responded with more than ${maxBytes} bytes`);
