import { randomFillSync } from 'node:crypto';

/** IDs of traces and spans (W3C Trace Context section 3.2.2). */
export interface TraceIds {
  /** 32 hexadecimal digits. */
  trace(): string;
  /** 16 hexadecimal digits. */
  span(): string;
}

/** Random bytes are drawn for many IDs at once: a call of the generator costs more than an ID. */
const pooledBytes = 4_096;

export function createTraceIds(): TraceIds {
  const bytes = Buffer.allocUnsafe(pooledBytes);
  let digits = '';
  let at = 0;
  const take = (count: number): string => {
    if (at + count > digits.length) {
      digits = randomFillSync(bytes).toString('hex');
      at = 0;
    }
    at += count;
    return digits.slice(at - count, at);
  };
  return { trace: () => take(32), span: () => take(16) };
}
