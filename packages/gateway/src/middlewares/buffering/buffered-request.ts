import type { CallerBody } from '../../http1/message/caller-body.ts';
import type { StepBody, WholeBody } from '../step.ts';
import { Spool } from './spool.ts';

export interface RequestLimits {
  /** Maximum bytes of a body; 0: no limit. */
  readonly maxBytes: number;
  /** Maximum bytes of it in memory. */
  readonly maxMemoryBytes: number;
}

/** Reads a body to its end. @returns a refusal if that fails; never resolves when the caller disconnects. */
export function bufferRequest(
  body: StepBody,
  limits: RequestLimits,
): Promise<WholeBody | 'too_large' | 'failed'> {
  const spool = new Spool(limits.maxMemoryBytes);
  const maxBytes = Math.min(limits.maxBytes || Infinity, body.maxBytes || Infinity);
  let pending: Promise<void> | undefined;
  let size = 0;
  body.onClose({ responseClosed: () => spool.close() });
  return new Promise((resolve) => {
    const give = (result: 'too_large' | 'failed'): void => {
      body.stop();
      spool.close();
      resolve(result);
    };
    const append = (part: Buffer): void => {
      const taken = pending === undefined ? spool.append(part) : pending.then(() => spool.append(part));
      if (taken === undefined) return;
      body.pause();
      const last = taken.then(
        () => {
          if (pending !== last) return;
          pending = undefined;
          body.resume();
        },
        () => give('failed'),
      );
      pending = last;
    };
    body.read(
      (part) => {
        size += part.length;
        if (size > maxBytes) give('too_large');
        // Copied, because the memory of a part belongs to the connection.
        else append(Buffer.from(part));
      },
      (trailers) => {
        const whole = (): void => resolve({ body: createReplay(spool, trailers), length: size });
        if (pending === undefined) whole();
        else void pending.then(whole);
      },
    );
  });
}

/** A body that is sent from the buffer. */
function createReplay(spool: Spool, trailers: readonly string[]): CallerBody {
  let onResume: (() => void) | undefined;
  let isPaused = false;
  let isStopped = false;
  return {
    announcedBytes: spool.size,
    takenBytes: spool.size,
    whole: () => spool.whole(),
    read(onPart, onEnd) {
      const parts = spool.read((part) => {
        if (isStopped) return undefined;
        onPart(part);
        return isPaused ? new Promise((resolve) => (onResume = resolve)) : undefined;
      });
      parts.then(
        () => {
          if (!isStopped) onEnd(trailers);
        },
        // A truncated body is not sent as a whole one: the server's connection is closed with the request.
        () => {},
      );
    },
    pause() {
      isPaused = true;
    },
    resume() {
      isPaused = false;
      onResume?.();
      onResume = undefined;
    },
    stop() {
      isStopped = true;
      spool.close();
    },
  };
}
