import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';

/** Content codings that this version of Node.js supports (RFC 9110 section 8.4.1), by their names in `Accept-Encoding`. */
export type Encoding = 'gzip' | 'br' | 'zstd';

/** Every coding of Traefik, in its order of preference. */
export const encodings: readonly Encoding[] = Object.freeze(['gzip', 'br', 'zstd']);

/** An encoding stream that can be flushed. */
export type Encoder = Transform & { flush(kind: number, done?: () => void): void };

interface Coding {
  create(): Encoder;
  /** Argument of `flush`: emits all data so far, without ending the body. */
  readonly flushKind: number;
}

/** Brotli's quality and base-2 logarithm of its window: at most half a megabyte for each response. */
const brotliQuality = 4;
const brotliWindow = 18;

const { constants } = zlib;

/** Node.js has zstd from 22.15 and 23.8 on. */
const zstd: (() => Encoder) | undefined = (zlib as { readonly createZstdCompress?: () => Encoder })
  .createZstdCompress;
/** `ZSTD_e_flush`; Node.js without zstd does not name it. */
const zstdFlush = 1;

const codings: Readonly<Record<Encoding, Coding | undefined>> = Object.freeze({
  gzip: { create: () => zlib.createGzip(), flushKind: constants.Z_SYNC_FLUSH },
  br: {
    create: () =>
      zlib.createBrotliCompress({
        params: {
          [constants.BROTLI_PARAM_QUALITY]: brotliQuality,
          [constants.BROTLI_PARAM_LGWIN]: brotliWindow,
        },
      }),
    flushKind: constants.BROTLI_OPERATION_FLUSH,
  },
  zstd: zstd === undefined ? undefined : { create: zstd, flushKind: zstdFlush },
});

/** The coding with that name; undefined if this version of Node.js lacks it. */
export const findCoding = (encoding: Encoding): Coding | undefined => codings[encoding];

export type { Coding };
