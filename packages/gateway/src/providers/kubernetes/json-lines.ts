/** Maximum bytes of a line: several times the maximum size of an object in etcd. */
const maxLineBytes = 16 * 1024 * 1024;

/**
 * The values of a stream of JSON texts, one per line, wherever its pieces are split, even within a character. Text after
 * the last line break is ignored, because the stream broke off.
 *
 * @throws SyntaxError for a line with invalid JSON; RangeError for one longer than 16 MiB; any error of the stream.
 */
export async function* readJsonLines(stream: AsyncIterable<Uint8Array>): AsyncGenerator {
  let parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      const text = Buffer.concat([...parts, chunk.subarray(start, end)]).toString('utf8');
      parts = [];
      length = 0;
      start = end + 1;
      if (text.trim() !== '') yield JSON.parse(text);
    }
    const rest = chunk.subarray(start);
    length += rest.length;
    if (length > maxLineBytes) throw new RangeError(`a line is longer than ${maxLineBytes} bytes`);
    if (rest.length > 0) parts.push(rest);
  }
}

const newline = 0x0a;
