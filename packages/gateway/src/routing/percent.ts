const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const malformed = /%(?![0-9A-Fa-f]{2})/;
const runs = /(?:%[0-9A-Fa-f]{2})+/g;

/** Whether every `%` is followed by two hexadecimal digits (RFC 3986 section 2.1). */
export function isWellFormed(text: string): boolean {
  return !malformed.test(text);
}

/**
 * Decodes percent-encoded bytes except those that `keeps` selects: these stay encoded, in upper case. Bytes that
 * are not UTF-8 stay encoded as well, because no text represents them. The text must be well-formed.
 */
export function decodePercent(text: string, keeps: (byte: number) => boolean): string {
  return text.replace(runs, (run) => {
    let decoded = '';
    let bytes: number[] = [];
    const flush = (): void => {
      decoded += decodeBytes(bytes);
      bytes = [];
    };
    for (let at = 1; at < run.length; at += 3) {
      const byte = parseInt(run.slice(at, at + 2), 16);
      if (keeps(byte)) {
        flush();
        decoded += encodeByte(byte);
      } else {
        bytes.push(byte);
      }
    }
    flush();
    return decoded;
  });
}

function decodeBytes(bytes: readonly number[]): string {
  try {
    return strictUtf8.decode(Uint8Array.from(bytes));
  } catch {
    return bytes.map((byte) => (byte < 0x80 ? String.fromCharCode(byte) : encodeByte(byte))).join('');
  }
}

/** One byte as RFC 3986 section 6.2.2.1 normalises it: upper-case digits. */
export function encodeByte(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

/**
 * Encodes characters that are invalid in a request target but do occur (RFC 3986 appendix A): some ASCII characters, and bytes
 * above ASCII, each of which is one character here.
 */
export function encodeBareBytes(text: string): string {
  return text.replace(/["<>^`{|}\u0080-\u00ff]/g, (char) => encodeByte(char.charCodeAt(0)));
}
