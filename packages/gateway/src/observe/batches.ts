import type { Clock, Timer } from '@grantgate/middleware/base/clock';
import type { Sink } from './sink.ts';

/** Milliseconds that a line waits for others at most: a write for each line costs more than the line. */
const batchMs = 20;
/** Characters from which on lines do not wait. */
const batchLength = 64 * 1024;

/** Writes lines to `sink` many at a time. */
export function inBatches(sink: Sink, clock: Clock): Sink {
  let held = '';
  let timer: Timer | undefined;
  const flush = (): void => {
    timer?.cancel();
    timer = undefined;
    const text = held;
    held = '';
    if (text !== '') sink.write(text);
  };
  return {
    write(text) {
      held += text;
      if (held.length >= batchLength) flush();
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
