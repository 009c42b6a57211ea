import type { CallerBody } from '../proxy/caller-body.ts';

/** A body that has come whole together with its head. */
export function createWholeBody(bytes: Buffer): CallerBody {
  if (bytes.length === 0) return noBody;
  let stopped = false;
  return {
    announcedBytes: bytes.length,
    read(onPart, onEnd) {
      process.nextTick(() => {
        if (!stopped) onPart(bytes);
        // `onPart` may have been the end of it.
        if (!stopped) onEnd();
      });
    },
    pause() {},
    resume() {},
    stop: () => void (stopped = true),
  };
}

const noBody: CallerBody = Object.freeze({
  announcedBytes: 0,
  read: (_onPart: unknown, onEnd: () => void) => process.nextTick(onEnd),
  pause() {},
  resume() {},
  stop() {},
});
