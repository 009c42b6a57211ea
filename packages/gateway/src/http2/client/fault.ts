import type { ResponseFault } from '../../http1/client/fault.ts';
import { errorCodes, nameOfErrorCode } from '../frames/error-code.ts';

/** Fault of a stream that closed before its response was complete. @param code of RST_STREAM (RFC 9113 section 7). */
export function toStreamFault(code: number, isOwn: boolean): ResponseFault {
  if (isOwn)
    return { code: 'response_invalid', reason: `frames that violate HTTP/2 (${nameOfErrorCode(code)})` };
  if (code === errorCodes.protocolError)
    return { code: 'response_invalid', reason: 'the server reset the stream (PROTOCOL_ERROR)' };
  return { code: 'connection_lost', reason: `the server reset the stream (${nameOfErrorCode(code)})` };
}
