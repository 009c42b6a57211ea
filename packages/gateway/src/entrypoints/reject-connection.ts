import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { gatewayRefusals, type GatewayRefusalCode } from '../pipeline/refusals.ts';
import { toProblem } from '../pipeline/write-refusal.ts';

/** Answers what could not be read as a request, and closes the connection. */
export function rejectConnection(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const refusal = gatewayRefusals[codeOf(error.code)];
  const body = toProblem(refusal, undefined);
  socket.end(
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ''}\r\n` +
      'Content-Type: application/problem+json\r\n' +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function codeOf(code: string | undefined): GatewayRefusalCode {
  if (code === 'HPE_HEADER_OVERFLOW') return 'request_head_too_large';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request_timeout';
  return 'request_invalid';
}
