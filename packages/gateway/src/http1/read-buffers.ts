/**
 * Buffers that connections read into. All of them share one, as each read is dealt with before the next; a connection that is
 * sent much at a time gets buffers of its own, which are handed on without being copied.
 */
export interface ReadBuffers {
  forConnection(): ReadBuffer;
}

export interface ReadBuffer {
  /** The buffer to read into next; undefined for the same again. */
  next(): Buffer | undefined;
  /** Takes note of a read of that many bytes; gives whether they are lent: gone with the next read. */
  lends(length: number): boolean;
  /** Much is no longer to be expected. */
  release(): void;
}

const bufferBytes = 64 * 1024;
/** Bytes read at once from which on a buffer of its own is worth it; fewer would hold the whole of one in memory. */
const largeRead = bufferBytes / 2;

export function createReadBuffers(): ReadBuffers {
  const shared = Buffer.allocUnsafeSlow(bufferBytes);
  return {
    forConnection() {
      let current: Buffer | undefined;
      let large = false;
      let given = false;
      const change = (buffer: Buffer): Buffer => {
        given = false;
        current = buffer;
        return buffer;
      };
      return {
        next() {
          if (!large) return current === shared ? undefined : change(shared);
          return given || current === shared ? change(Buffer.allocUnsafeSlow(bufferBytes)) : undefined;
        },
        lends(length) {
          if (length < largeRead) return true;
          large = true;
          given = current !== shared;
          return !given;
        },
        release: () => void (large = false),
      };
    },
  };
}
