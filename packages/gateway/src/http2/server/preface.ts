import { preface } from '../frames/frame.ts';

/** Whether the first bytes of a connection are HTTP/2; undefined: that takes more of them. */
export function mayBeHttp2(bytes: Buffer): boolean | undefined {
  const length = Math.min(bytes.length, preface.length);
  if (preface.compare(bytes, 0, length, 0, length) !== 0) return false;
  return length === preface.length ? true : undefined;
}

/** The same, for `readFirstBytes`. */
export function isHttp2(bytes: Buffer): { readonly isHttp2: boolean } | undefined {
  const is = mayBeHttp2(bytes);
  return is === undefined ? undefined : { isHttp2: is };
}
