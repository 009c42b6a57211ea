import type { Clock, Timer } from '@grantgate/middleware/base/clock';
import type { Sink } from './sink.ts';

/** Maximum milliseconds that a line waits for others: a separate write per line would cost more than the line. */
const batchMs = 20;
/** Number of characters from which lines are written without waiting. */
const batchLength = 64 * 1024;

/** Writes several lines to `sink` at once. @param maxLines maximum number of lines that wait for others; 0: no limit. */
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
