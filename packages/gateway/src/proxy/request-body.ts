import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

/** The caller's body is larger than the entry point takes. */
export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError';
  readonly code = 'request_too_large';
}

/**
 * The caller's body as a stream of its own: a server that stops reading ends this stream, not the caller's connection,
 * over which the answer still has to go. Fails with `BodyTooLargeError` beyond `maxBytes` (0: no limit).
 *
 * @param onWanted told once, when the first part is asked for.
 */
export function createRequestBody(
  request: IncomingMessage,
  maxBytes: number,
  onWanted: () => void,
): Readable {
  let seen = 0;
  let wanted = false;
  const onData = (chunk: Buffer): void => {
    seen += chunk.length;
    if (maxBytes > 0 && seen > maxBytes)
      body.destroy(new BodyTooLargeError('the request body exceeds the limit'));
    else if (!body.push(chunk)) request.pause();
  };
  const onEnd = (): void => void body.push(null);
  const onError = (error: Error): void => void body.destroy(error);
  const body = new Readable({
    read() {
      if (wanted) {
        request.resume();
        return;
      }
      wanted = true;
      onWanted();
      request.on('data', onData).on('end', onEnd);
    },
    destroy(error, done) {
      request.off('data', onData).off('end', onEnd).off('error', onError);
      done(error);
    },
  });
  request.on('error', onError);
  return body;
}
