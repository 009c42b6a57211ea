import type { ResponseFaultCode } from '../http1/client/fault.ts';

/** The reason why a server gave no response. */
export type UpstreamFault =
  'upstream_refused' | 'upstream_reset' | 'upstream_timeout' | 'request_too_large' | 'request_invalid';

/** Status of the refusal. */
export const faultStatus: Readonly<Record<UpstreamFault, number>> = Object.freeze({
  upstream_refused: 502,
  upstream_reset: 502,
  upstream_timeout: 504,
  request_too_large: 413,
  request_invalid: 400,
});

/** The refusal that a caller receives for a fault of the connection to a server. */
export const upstreamFaults: Readonly<Record<ResponseFaultCode, UpstreamFault>> = Object.freeze({
  connect_failed: 'upstream_refused',
  connect_timeout: 'upstream_timeout',
  connection_lost: 'upstream_reset',
  head_timeout: 'upstream_timeout',
  body_timeout: 'upstream_timeout',
  response_invalid: 'upstream_reset',
  request_invalid: 'request_invalid',
});
