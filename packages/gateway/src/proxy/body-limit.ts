import { Transform } from 'node:stream';

/** The caller's body is larger than the entry point takes. */
export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError';
  readonly code = 'request_too_large';
}

/** Passes a body on until it exceeds `maxBytes`, then fails with `BodyTooLargeError`. */
export function createBodyLimit(maxBytes: number): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      if (seen > maxBytes) done(new BodyTooLargeError('the request body exceeds the limit'));
      else done(null, chunk);
    },
  });
}
