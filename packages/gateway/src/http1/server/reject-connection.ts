import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Refusal } from '../../middlewares/refusal.ts';
import { gatewayRefusals } from '../../pipeline/refusals.ts';
import { toProblem } from '@grantgate/middleware/decision/problem';
import { endConnection } from '../../proxy/upgrade.ts';

/** Responds to bytes that are not a readable request, and closes the connection. */
export function rejectConnection(socket: Duplex, refusal: Refusal): void {
  const body = toProblem(refusal, undefined);
  socket.write(
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ''}\r\n` +
      'Content-Type: application/problem+json\r\n' +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
  endConnection(socket);
}

/** The refusal for an error of Node.js's parser or of its time limits. */
export function toRefusal(error: NodeJS.ErrnoException): Refusal {
  if (error.code === 'HPE_HEADER_OVERFLOW') return gatewayRefusals.request_head_too_large;
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return gatewayRefusals.request_timeout;
  return gatewayRefusals.request_invalid;
}
