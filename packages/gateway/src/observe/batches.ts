import type { Clock, Timer } from '@grantgate/middleware/base/clock';
import type { Sink } from './sink.ts';

/** Milliseconds that a line waits for others at most: a write for each line costs more than the line. */
const batchMs = 20;
/** Characters from which on lines do not wait. */
const batchLength = 64 * 1024;

/** Writes lines to `sink` many at a time. @param maxLines lines that wait for others at most; 0: as many as fit. */
export function inBatches(sink: Sink, clock: Clock, maxLines = 0): Sink {
  let held = '';
  let lines = 0;
  let timer: Timer | undefined;
  const flush = (): void => {
    timer?.cancel();
    timer = undefined;
    const text = held;
    held = '';
    lines = 0;
    if (text !== '') sink.write(text);
  };
  return {
    write(text) {
      held += text;
      lines += 1;
      if (held.length >= batchLength || (maxLines > 0 && lines >= maxLines)) flush();
      else timer ??= clock.after(batchMs, flush);
    },
    reopen() {
      flush();
      sink.reopen();
    },
    close() {
      flush();
      return sink.close();
    },
  };
}
