/** Buffers in which connections collect what they write together. They are shared, because few connections write at a time. */
export interface WriteBuffers {
  /** @param minBytes that must fit. */
  take(minBytes: number): Buffer;
  /** Takes a buffer back when its bytes have been written. */
  give(buffer: Buffer): void;
}

const bufferBytes = 32 * 1024;
/** Buffers kept for later. */
const maxKept = 64;

export function createWriteBuffers(): WriteBuffers {
  const kept: Buffer[] = [];
  return {
    take: (minBytes) =>
      minBytes > bufferBytes
        ? Buffer.allocUnsafeSlow(minBytes)
        : (kept.pop() ?? Buffer.allocUnsafeSlow(bufferBytes)),
    give(buffer) {
      if (buffer.length === bufferBytes && kept.length < maxKept) kept.push(buffer);
    },
  };
}
