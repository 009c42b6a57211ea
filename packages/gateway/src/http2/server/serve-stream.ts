import type { Clock } from '@grantgate/middleware/base/clock';
import type { EntryPointConfig } from '../../config/entry-point-config.ts';
import type { Deadlines } from '../../http1/message/deadlines.ts';
import { hasTooManyFields } from '../../http1/message/header-lines.ts';
import type { RequestActivity } from '../../http1/server/activity.ts';
import type { ConnectionFacts } from '../../http1/server/connection-facts.ts';
import { aboutServer } from '../../http1/server/about-server.ts';
import type { Refusal } from '../../middlewares/refusal.ts';
import type { ResponseListener } from '../../proxy/caller-response.ts';
import type { Handle } from '../../pipeline/handle.ts';
import { gatewayRefusals, type PendingRequest } from '../../pipeline/refusals.ts';
import { readRequestId } from '../../pipeline/request-id.ts';
import { toRefusalResponse, writeWhole } from '../../pipeline/write-refusal.ts';
import type { RequestFacts } from '../../routing/facts.ts';
import type { ReadPath } from '../../routing/request-path.ts';
import type { Http2Stream } from '../endpoint/stream.ts';
import { errorCodes } from '../frames/error-code.ts';
import { isTooLarge, readRequestHead, type Http2Fields, type Http2RequestHead } from './request-head.ts';
import { createWebSocketStream } from './web-socket.ts';
import { StreamBody } from './stream-body.ts';
import { StreamResponse, type CallerStreamConnection } from './stream-response.ts';

/** The connection of a stream. */
export interface RequestConnection extends CallerStreamConnection {
  readonly facts: ConnectionFacts;
  fields: Http2Fields | undefined;
}

/** Serves the request of a stream. @param received fields of its head, name and value in turn. */
export type ServeStream = (
  stream: Http2Stream,
  received: readonly string[],
  endsHere: boolean,
  connection: RequestConnection,
) => void;

export interface ServeStreamDeps {
  readonly clock: Clock;
  readonly config: EntryPointConfig;
  readonly activity: RequestActivity;
  readonly handle: Handle;
  readonly readPath: ReadPath;
  readonly deadlines: Deadlines;
}

export function createServeStream(deps: ServeStreamDeps): ServeStream {
  const { activity, clock, config, deadlines } = deps;
  const finish: ResponseListener = { responseClosed: () => activity.finish() };
  return (stream, received, endsHere, connection) => {
    const head = readRequestHead(received, endsHere, connection.fields);
    const response = new StreamResponse(stream, typeof head === 'string' ? '' : head.method, connection);
    const isWebSocket = typeof head !== 'string' && head.protocol !== undefined;
    // An established WebSocket may stay open indefinitely.
    if (!isWebSocket) {
      activity.begin();
      response.onClose(finish);
    }
    if (typeof head === 'string') {
      // Malformed requests end in a stream error (RFC 9113 section 8.1.1).
      if (head === 'malformed') stream.resetsWith = errorCodes.protocolError;
      // With its HTTP status even to a client of gRPC: a proxy that asks for authorization takes 200 for permission.
      writeWhole(response, toRefusalResponse(malformed[head], readRequestId(received)));
      return;
    }
    const { fields, target } = head;
    connection.fields = fields;
    connection.usefulBytes += fields.bytes;
    if (fields.bodyBytes !== undefined && !endsHere) stream.expect(fields.bodyBytes);
    if (stream.isClosed) return;
    const refusal = activity.draining ? gatewayRefusals.gateway_draining : refusalOf(head, config);
    if (target === '*' && refusal === undefined) {
      writeWhole(response, aboutServer);
      return;
    }
    const webSocket =
      head.protocol === undefined
        ? undefined
        : createWebSocketStream(response, head.protocol, fields.rawHeaders, connection);
    let pending: PendingRequest | undefined = undefined;
    const onLate = (late: Refusal): void => {
      if (response.begun) response.reset(errorCodes.cancel);
      else pending?.refuse(late);
    };
    if (fields.grpcTimeoutMs !== undefined) {
      const late = clock.after(Math.min(fields.grpcTimeoutMs, maxTimerMs), () =>
        onLate(gatewayRefusals.deadline_exceeded),
      );
      response.onClose({ responseClosed: () => late.cancel() });
    }
    const body = new StreamBody(stream, {
      announcedBytes: stream.isRemoteEnded ? stream.arrivedBytes : (fields.bodyBytes ?? 0),
      deadlines,
      // Streams of gRPC may last; `grpc-timeout` is their limit.
      limitMs: fields.isGrpc ? 0 : config.transport.readTimeoutMs,
      onBytes: (count) => (connection.usefulBytes += count),
      onLate: () => onLate(gatewayRefusals.request_timeout),
    });
    response.receiver ??= body;
    pending = deps.handle({
      facts: toFacts(head, endsHere, webSocket?.rawHeaders, { connection: connection.facts, config }),
      httpVersion: '2.0',
      body,
      response,
      expectsContinue: fields.expectsContinue && !endsHere,
      upgrade: webSocket?.upgrade,
      refusal,
      readPath: deps.readPath,
      maxBodyBytes: config.transport.maxBodyBytes,
    });
  };
}

/** Longest time of a timer, in milliseconds: about 24 days. */
const maxTimerMs = 2 ** 31 - 1;

const malformed = Object.freeze({
  malformed: gatewayRefusals.request_invalid,
  connect: gatewayRefusals.method_not_supported,
  unknown_protocol: gatewayRefusals.method_not_supported,
});

/** A message that is refused, whatever the routes say. */
function refusalOf(head: Http2RequestHead, { transport }: EntryPointConfig): Refusal | undefined {
  // A server that answers TRACE would show the caller the access token (RFC 9110 section 9.3.8).
  if (head.method === 'TRACE') return gatewayRefusals.method_not_supported;
  if (isTooLarge(head, transport)) return gatewayRefusals.request_head_too_large;
  return hasTooManyFields(head.fields.rawHeaders, transport)
    ? gatewayRefusals.too_many_header_fields
    : undefined;
}

/** @param ownHeaders instead of the request's own; undefined: its own. */
function toFacts(
  { method, target, fields, repeats }: Http2RequestHead,
  endsHere: boolean,
  ownHeaders: readonly string[] | undefined,
  { connection, config }: { readonly connection: ConnectionFacts; readonly config: EntryPointConfig },
): RequestFacts {
  const question = target.indexOf('?');
  return {
    entryPoint: config.name,
    method,
    target,
    path: question < 0 ? target : target.slice(0, question),
    query: question < 0 ? '' : target.slice(question + 1),
    host: fields.host,
    authority: fields.authority,
    scheme: connection.tls === undefined ? 'http' : 'https',
    rawHeaders: ownHeaders ?? fields.rawHeaders,
    reusesHeaders: repeats && ownHeaders === undefined,
    streamsBody: !endsHere && fields.bodyBytes === undefined && ownHeaders === undefined,
    remoteAddress: connection.remoteAddress,
    remotePort: connection.remotePort,
    trusted: connection.trusted,
    tls: connection.tls,
    authorization: fields.authorization,
  };
}
