import type { ServerSessionOptions } from 'node:http2';
import type { EntryPointConfig } from '../../config/entry-point-config.ts';

/** Options of Node.js for connections of callers. */
export type SessionOptions = ServerSessionOptions;

/** Fields of a cookie that is split for compression count as one later. */
const maxCookieFields = 100;
/** Bytes that a field counts beside its name and value (RFC 9113 section 6.5.2), less the separators of HTTP/1.1. */
const fieldOverhead = 32;

export function toSessionOptions({ transport, http2 }: EntryPointConfig): SessionOptions {
  const maxFields = transport.maxHeaderFields + pseudoFields + maxCookieFields;
  return Object.freeze({
    // A caller may exceed the limits of the entry point a little, so that it gets a response that says so.
    maxHeaderListPairs: 2 * maxFields,
    maxDeflateDynamicTableSize: http2.maxEncoderHeaderTableSize,
    // Malformed frames, and streams beyond the limit, after which the connection is closed.
    maxSessionInvalidFrames: 100,
    maxSessionRejectedStreams: 100,
    settings: {
      headerTableSize: http2.maxDecoderHeaderTableSize,
      maxConcurrentStreams: http2.maxConcurrentStreams,
      maxHeaderListSize: 2 * transport.maxHeaderBytes + fieldOverhead * maxFields,
      enablePush: false,
      // WebSocket (RFC 8441).
      enableConnectProtocol: true,
    },
  });
}

const pseudoFields = 5;
