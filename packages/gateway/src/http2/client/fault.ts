import { constants } from 'node:http2';
import { toFault, type ResponseFault } from '../../http1/client/fault.ts';

/** Fault of a stream that closed before its response was complete. @param code of RST_STREAM (RFC 9113 section 7). */
export function toStreamFault(
  code: number | undefined,
  error: NodeJS.ErrnoException | undefined,
): ResponseFault {
  if (error?.code === 'ERR_HTTP2_ERROR')
    return { code: 'response_invalid', reason: 'frames that violate HTTP/2' };
  if (error?.code === 'ERR_HTTP2_SESSION_ERROR')
    return { code: 'connection_lost', reason: `the server closed the connection (${nameOf(code)})` };
  if (error !== undefined && error.code !== 'ERR_HTTP2_STREAM_ERROR') return toFault(error, true, false);
  return code === constants.NGHTTP2_PROTOCOL_ERROR
    ? {
        code: 'response_invalid',
        reason: 'a response that violates HTTP/2, or a stream reset (PROTOCOL_ERROR)',
      }
    : code === constants.NGHTTP2_NO_ERROR || code === undefined
      ? { code: 'connection_lost', reason: 'the connection was closed' }
      : { code: 'connection_lost', reason: `the server reset the stream (${nameOf(code)})` };
}

/** RFC 9113 section 7. */
const names = [
  ...[
    'NO_ERROR',
    'PROTOCOL_ERROR',
    'INTERNAL_ERROR',
    'FLOW_CONTROL_ERROR',
    'SETTINGS_TIMEOUT',
    'STREAM_CLOSED',
  ],
  ...['FRAME_SIZE_ERROR', 'REFUSED_STREAM', 'CANCEL', 'COMPRESSION_ERROR', 'CONNECT_ERROR'],
  ...['ENHANCE_YOUR_CALM', 'INADEQUATE_SECURITY', 'HTTP_1_1_REQUIRED'],
];

const nameOf = (code: number | undefined): string => names[code ?? 0] ?? String(code);
