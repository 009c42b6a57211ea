/** Every `code` of `GatewayStartError`. */
export type GatewayStartErrorCode =
  | 'address_unavailable'
  | 'certificate_invalid'
  | 'grpc_unavailable'
  | 'log_unavailable'
  | 'routes_unavailable'
  | 'telemetry_unavailable'
  | 'worker_failed';

/** The gateway cannot start as it is installed. */
export class GatewayStartError extends Error {
  override readonly name = 'GatewayStartError';
  readonly code: GatewayStartErrorCode;

  constructor(code: GatewayStartErrorCode, message: string, cause: unknown) {
    const reason = cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : '';
    super(reason === '' ? message : `${message} (${reason})`, { cause });
    this.code = code;
  }
}
