import { valueIn } from '../http1/message/header-list.ts';
import type { Refusal } from '../middlewares/refusal.ts';
import { toRefusalResponse, type WholeResponse } from './write-refusal.ts';

/** A refusal in the caller's format. @param headers of its request, name and value in turn. */
export function toCallerRefusal(
  refusal: Refusal,
  requestId: string,
  headers: readonly string[],
): WholeResponse {
  const type = toGrpcType(headers);
  return type === undefined ? toRefusalResponse(refusal, requestId) : toGrpcRefusal(refusal, requestId, type);
}

/** `application/grpc`, `application/grpc+proto`, `application/grpc-web`, ... */
const grpcType = /^application\/grpc(?:-web(?:-text)?)?(?:\+[\w.-]+)?(?=[\t ]*(?:;|$))/i;

/** The media type of a gRPC request, without parameters; undefined for every other request. @param headers name and value in turn. */
export const toGrpcType = (headers: readonly string[]): string | undefined =>
  grpcType.exec(valueIn(headers, 'content-type') ?? '')?.[0];

/**
 * A refusal in the form of gRPC: a trailers-only response, with the status in its head. Its details contain the code, the request
 * ID, and the time after which a retry makes sense.
 * @param type media type of the request.
 */
function toGrpcRefusal(refusal: Refusal, requestId: string, type: string): WholeResponse {
  const status = toGrpcStatus(refusal.status);
  const headers = ['Content-Type', type, 'Cache-Control', 'no-store', 'X-Request-Id', requestId];
  if (refusal.challenge !== undefined) headers.push('WWW-Authenticate', refusal.challenge);
  if (refusal.headers !== undefined) headers.push(...refusal.headers);
  headers.push('grpc-status', String(status), 'grpc-message', toGrpcMessage(refusal.detail));
  const details = toDetails(refusal, requestId, status).toString('base64').replace(/=+$/, '');
  headers.push('grpc-status-details-bin', details);
  return {
    head: { status: 200, reason: 'OK', headers, dated: true, reused: false },
    body: Buffer.alloc(0),
  };
}

const unknown = 2;

/** Status by HTTP status: the HTTP mapping of gRPC, and statuses that it lacks. */
const statuses: ReadonlyMap<number, number> = new Map([
  // INTERNAL
  [400, 13],
  // UNAUTHENTICATED
  [401, 16],
  // PERMISSION_DENIED
  [403, 7],
  // UNIMPLEMENTED: no route serves the method.
  [404, 12],
  [405, 12],
  [501, 12],
  // DEADLINE_EXCEEDED
  [408, 4],
  [504, 4],
  // RESOURCE_EXHAUSTED
  [413, 8],
  [429, 8],
  [431, 8],
  // UNAVAILABLE
  [421, 14],
  [502, 14],
  [503, 14],
  // INTERNAL
  [500, 13],
]);

const toGrpcStatus = (status: number): number => statuses.get(status) ?? unknown;

/** Percent-encoded: everything but printable ASCII, and `%` itself. */
function toGrpcMessage(text: string): string {
  let message = '';
  for (const byte of Buffer.from(text))
    message +=
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  return message;
}

/** `google.rpc.Status` with `ErrorInfo`, `RequestInfo` and `RetryInfo`. */
function toDetails(refusal: Refusal, requestId: string, status: number): Buffer {
  const { code, detail, retryAfterSeconds } = refusal;
  const details = [
    toAny('ErrorInfo', [toField(1, code.toUpperCase()), toField(2, 'grantgate')]),
    toAny('RequestInfo', [toField(1, requestId)]),
  ];
  if (retryAfterSeconds !== undefined)
    details.push(toAny('RetryInfo', [toField(1, toNumber(1, retryAfterSeconds))]));
  return Buffer.concat([toNumber(1, status), toField(2, detail), ...details.map((any) => toField(3, any))]);
}

const toAny = (name: string, fields: readonly Buffer[]): Buffer =>
  Buffer.concat([toField(1, `type.googleapis.com/google.rpc.${name}`), toField(2, Buffer.concat(fields))]);

/** A field of Protocol Buffers with a length: a string, or a message. */
function toField(number: number, value: string | Buffer): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([Buffer.from([number * 8 + 2]), toVarint(bytes.length), bytes]);
}

const toNumber = (number: number, value: number): Buffer =>
  Buffer.concat([Buffer.from([number * 8]), toVarint(value)]);

function toVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = Math.ceil(value);
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}
