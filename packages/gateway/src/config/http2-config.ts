/** Connections of callers with HTTP/2. */
export interface Http2Config {
  /** Maximum number of requests in flight on a connection. */
  readonly maxConcurrentStreams: number;
  /** Bytes of headers that a caller may refer to again. */
  readonly maxDecoderHeaderTableSize: number;
  /** Bytes of headers that responses refer to again. */
  readonly maxEncoderHeaderTableSize: number;
  /** Whether connections without TLS may be HTTP/2. */
  readonly h2c: boolean;
}
