import { refusals as decisionRefusals } from '@grantgate/middleware/decision/refusals';
import type { Refusal } from '../middlewares/refusal.ts';
import { maxParameters } from '../routing/query.ts';

/** Codes of the gateway's own refusals; a step's refusals have others. */
export type GatewayRefusalCode =
  | 'no_route'
  | 'misdirected_request'
  | 'middleware_unknown'
  | 'request_invalid'
  | 'method_not_supported'
  | 'request_timeout'
  | 'deadline_exceeded'
  | 'request_too_large'
  | 'request_head_too_large'
  | 'too_many_header_fields'
  | 'gateway_draining'
  | 'upstream_unavailable'
  | 'upstream_refused'
  | 'upstream_reset'
  | 'upstream_timeout';

const refusal = (
  code: GatewayRefusalCode,
  status: number,
  title: string,
  detail: string,
  retryAfterSeconds?: number,
): Refusal => Object.freeze({ code, status, title, detail, challenge: undefined, retryAfterSeconds });

/** A request in flight that can still be refused, because the rest of it may be malformed or late. */
export interface PendingRequest {
  /** Has no effect once the response has begun. */
  refuse(refusal: Refusal): void;
}

/** The gateway's own refusals. */
export const gatewayRefusals: Readonly<Record<GatewayRefusalCode, Refusal>> = Object.freeze({
  no_route: refusal('no_route', 404, 'Not found', 'no router matches this request'),
  misdirected_request: refusal(
    'misdirected_request',
    421,
    'Misdirected request',
    'the TLS connection was opened for a host with other TLS options',
  ),
  middleware_unknown: refusal('middleware_unknown', 404, 'Not found', 'no middleware has this name'),
  request_invalid: refusal('request_invalid', 400, 'Bad request', 'the request is not valid HTTP'),
  method_not_supported: refusal(
    'method_not_supported',
    501,
    'Method not supported',
    'the gateway does not forward CONNECT and TRACE',
  ),
  request_timeout: refusal(
    'request_timeout',
    408,
    'Request timeout',
    'the request did not arrive within the entry point’s time limit',
  ),
  deadline_exceeded: refusal(
    'deadline_exceeded',
    504,
    'Gateway timeout',
    'the time limit in grpc-timeout has passed',
  ),
  request_too_large: refusal(
    'request_too_large',
    413,
    'Content too large',
    'the request body exceeds the entry point’s limit',
  ),
  request_head_too_large: refusal(
    'request_head_too_large',
    431,
    'Request header fields too large',
    'the request head exceeds the entry point’s limit',
  ),
  too_many_header_fields: refusal(
    'too_many_header_fields',
    431,
    'Request header fields too large',
    'the request has more header lines than the entry point allows',
  ),
  gateway_draining: refusal('gateway_draining', 503, 'Shutting down', 'the gateway is shutting down', 1),
  upstream_unavailable: refusal(
    'upstream_unavailable',
    503,
    'No server is available',
    'the service has no healthy server',
    5,
  ),
  upstream_refused: refusal('upstream_refused', 502, 'Bad gateway', 'the server could not be reached'),
  upstream_reset: refusal('upstream_reset', 502, 'Bad gateway', 'the server closed the connection'),
  upstream_timeout: refusal('upstream_timeout', 504, 'Gateway timeout', 'the server did not respond in time'),
});

/** `request_invalid` with the fault. */
const invalid = (detail: string): Refusal => Object.freeze({ ...gatewayRefusals.request_invalid, detail });

export const ambiguousPath = invalid(
  'the path has characters or segments that a server could read as another path',
);
export const tooManyParameters = invalid(`the query has more than ${maxParameters} parameters`);
/** See `maxSteps` of the routing. */
export const tooMuchWork = invalid(
  'matching the request with the regular expressions of the routers takes too long',
);

const broken = decisionRefusals.middleware_unavailable;

/** The same refusal, with the reason for the log. */
export const toBrokenRoute = (reason: string, middleware?: string): Refusal => ({
  ...brokenRoute,
  reason,
  ...(middleware !== undefined && { middleware }),
});

/** The refusal of a misconfigured route; the reason is in the log, not in the response. */
export const brokenRoute: Refusal = Object.freeze({
  code: 'middleware_unavailable',
  status: broken.status,
  title: broken.title,
  detail: 'the route is misconfigured',
  challenge: undefined,
  retryAfterSeconds: broken.retryAfterSeconds,
});
