/** Connections of callers with HTTP/2. */
export interface Http2Config {
  /** Maximum number of requests in flight on a connection. */
  readonly maxConcurrentStreams: number;
  /** Maximum size of the table of request headers that a caller may refer to, in bytes (RFC 7541). */
  readonly maxDecoderHeaderTableSize: number;
  /** Maximum size of the table of response headers that responses refer to, in bytes (RFC 7541). */
  readonly maxEncoderHeaderTableSize: number;
  /** Whether connections without TLS may be HTTP/2. */
  readonly h2c: boolean;
}
