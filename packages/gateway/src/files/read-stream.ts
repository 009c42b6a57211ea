import { toFileError, tooLarge, type SizeLimit } from '@grantgate/middleware/base/file-error';

/**
 * Reads a stream of bytes, such as standard input, until its end. A stream that exceeds the limit is destroyed.
 * @throws FileError
 */
export async function readStream(stream: AsyncIterable<Uint8Array>, limit: SizeLimit): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of stream) {
      length += chunk.length;
      if (length > limit.bytes) throw tooLarge(limit, `at most ${limit.text}`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, length);
  } catch (error) {
    throw toFileError(error);
  }
}
