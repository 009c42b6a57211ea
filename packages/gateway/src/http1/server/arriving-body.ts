import type { CallerBody } from '../message/caller-body.ts';
import { noTrailers } from '../message/response-writer.ts';

/** A body of an announced length, part of which has arrived together with its head. */
export interface ArrivingBody extends CallerBody {
  readonly complete: boolean;
  /** Accepts further bytes; returns how many of them belong to the body. */
  take(bytes: Buffer): number;
}

/** The connection on which it arrives. */
export interface Flow {
  pause(): void;
  resume(): void;
  /** More unwanted bytes have arrived than may be read to keep the connection. */
  cut(): void;
}

/** Maximum number of unrequested bytes of a body that are buffered; the system buffers the rest. */
const maxHeldBytes = 64 * 1024;
/** Maximum size of a body that is forwarded as a whole, in bytes. */
const maxWholeBytes = 16 * 1024;
/** Maximum number of unwanted bytes of a body that are read, so that the connection can be reused. */
const maxDroppedBytes = 256 * 1024;

/**
 * @param length announced number of bytes.
 * @param first the part that has arrived.
 */
export function createArrivingBody(length: number, first: Buffer, flow: Flow): ArrivingBody {
  if (length === 0) return noBody;
  let left = length - first.length;
  let state: 'held' | 'read' | 'dropped' = 'held';
  let held = first;
  let dropped = 0;
  let taken = 0;
  let paused = false;
  let onPart: (part: Buffer) => void = () => {};
  let onEnd: (trailers: readonly string[]) => void = () => {};
  // A listener may have ended the body.
  const isRead = (): boolean => state === 'read';
  const tell = (part: Buffer): void => {
    taken += part.length;
    if (part.length > 0) onPart(part);
    if (isRead() && left === 0) onEnd(noTrailers);
  };
  return {
    announcedBytes: length,
    get takenBytes() {
      return taken;
    },
    whole() {
      if (left > 0 || length > maxWholeBytes || state !== 'held') return undefined;
      state = 'dropped';
      taken = length;
      return held;
    },
    get complete() {
      return left === 0;
    },
    take(bytes) {
      const part = bytes.length > left ? bytes.subarray(0, left) : bytes;
      left -= part.length;
      if (state === 'read') tell(part);
      else if (state === 'held') {
        held = Buffer.concat([held, part]);
        if (held.length > maxHeldBytes) flow.pause();
      } else {
        dropped += part.length;
        if (dropped > maxDroppedBytes) flow.cut();
      }
      return part.length;
    },
    read(part, end) {
      onPart = part;
      onEnd = end;
      process.nextTick(() => {
        if (state !== 'held') return;
        state = 'read';
        const before = held;
        held = nothing;
        tell(before);
        if (isRead() && !paused) flow.resume();
      });
    },
    pause() {
      paused = true;
      if (left > 0) flow.pause();
    },
    resume() {
      paused = false;
      flow.resume();
    },
    stop() {
      state = 'dropped';
      held = nothing;
      flow.resume();
    },
  };
}

const nothing = Buffer.alloc(0);

const noBody: ArrivingBody = Object.freeze({
  announcedBytes: 0,
  takenBytes: 0,
  whole: () => undefined,
  complete: true,
  take: () => 0,
  read: (_onPart: unknown, onEnd: (trailers: readonly string[]) => void) =>
    process.nextTick(onEnd, noTrailers),
  pause() {},
  resume() {},
  stop() {},
});
