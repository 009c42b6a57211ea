import type { Readable } from 'node:stream';
import type { CanonicalFields } from './header-fields.testkit.ts';
import type { Target } from './request-target.testkit.ts';

/** A caller's request inside the stand-in. */
export interface TraefikRequest {
  readonly method: string;
  readonly target: Target;
  /** Value of `Host` or `:authority`. */
  readonly host: string;
  readonly fields: CanonicalFields;
  readonly remoteAddress: string;
  /** In bytes; undefined for chunks, and for HTTP/2 without a length. */
  readonly contentLength: number | undefined;
  readonly body: Readable;
}
