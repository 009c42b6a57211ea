import type { EntryPointConfig } from '../../config/entry-point-config.ts';
import type { Http2EndpointOptions } from '../endpoint/endpoint.ts';
import type { WriteBuffers } from '../frames/write-buffers.ts';
import { fieldOverhead } from '../hpack/dynamic-table.ts';

/** Fields of a cookie that is split for compression count as one later. */
const maxCookieFields = 100;
const pseudoFields = 5;

/** Bytes of bodies that a caller may send ahead, on a stream and on all streams of a connection. */
export const streamWindowBytes = 64 * 1024 - 1;
const connectionWindowBytes = 1024 * 1024;

/** Options of the connections of callers. */
export function toSessionOptions(
  { transport, http2 }: EntryPointConfig,
  buffers: WriteBuffers,
): Http2EndpointOptions {
  // A caller may exceed the limits of the entry point a little, so that it gets a response that says so.
  const maxFields = transport.maxHeaderFields + pseudoFields + maxCookieFields;
  const maxHeaderListSize = 2 * transport.maxHeaderBytes + fieldOverhead * maxFields;
  return Object.freeze({
    role: 'server',
    settings: Object.freeze({
      headerTableSize: http2.maxDecoderHeaderTableSize,
      maxConcurrentStreams: http2.maxConcurrentStreams,
      initialWindowSize: streamWindowBytes,
      maxHeaderListSize,
      // WebSocket (RFC 8441).
      enableConnectProtocol: 1,
    }),
    connectionWindow: connectionWindowBytes,
    limits: Object.freeze({ maxBytes: maxHeaderListSize, maxFields: 2 * maxFields }),
    maxEncoderTableSize: http2.maxEncoderHeaderTableSize,
    buffers,
  });
}
