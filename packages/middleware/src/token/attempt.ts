import type { ClientAuth } from 'oauth4webapi';
import type { Clock } from '../base/clock.ts';
import { describeConnectionFault } from '../base/connection-fault.ts';
import { UnusableResponse } from './bounded-body.ts';
import type { Credential } from './credential.ts';
import type { Withheld } from './error-response.ts';
import type { TokenEndpointOptions } from './endpoint.ts';
import type { TokenFailure } from './failure.ts';
import { createTokenFailure, LocalFault } from './failure.ts';
import type { Attempt } from './retry.ts';
import { clientCredentialsGrant, tokenRequest, type Grant } from './token-request.ts';
import type { OnGrant } from './token-response.ts';
import { processTokenResponse } from './token-response.ts';
import type { Transport } from './transport.ts';

export interface AttemptParts {
  readonly transport: Transport;
  readonly clock: Clock;
  /** Called with the body of a response that grants a token. */
  readonly onGrant?: OnGrant | undefined;
  /** Default: client credentials (RFC 6749 section 4.4). */
  readonly grant?: Grant | undefined;
  /** Secrets to withhold from operators, whatever the server says; default: the credential. */
  readonly withheld?: Withheld;
}

/** Sends one token request and reads its response within `timeoutMs`; failures are values. */
export async function attemptTokenRequest(
  options: TokenEndpointOptions,
  { transport, clock, onGrant, grant = clientCredentialsGrant, ...parts }: AttemptParts,
  credential: Credential,
  clientAuth: ClientAuth,
): Promise<Attempt> {
  const limit = new AbortController();
  const timer = clock.after(options.timeoutMs, () => limit.abort());
  const sentAtMs = clock.monotonic();
  try {
    const response = await tokenRequest(options, transport, {
      clientId: credential.clientId,
      clientAuth,
      grant,
      signal: limit.signal,
    });
    return await processTokenResponse(response, {
      sentAtMs,
      clock,
      withheld: parts.withheld ?? credential,
      rules: options.rules,
      onGrant,
    });
  } catch (error) {
    return toFailedAttempt(error, 'the token endpoint', limit.signal.aborted ? options.timeoutMs : undefined);
  } finally {
    timer.cancel();
  }
}

/**
 * The reason why a response could not be read, as a value.
 * @param server the server's name: `the token endpoint`.
 * @param timedOutMs the time limit in milliseconds when it was exceeded; undefined otherwise.
 */
export function toFailedAttempt(
  error: unknown,
  server: string,
  timedOutMs: number | undefined,
): { readonly outcome: TokenFailure; readonly transient: boolean } {
  if (timedOutMs !== undefined) {
    const detail = `${server} did not respond within ${timedOutMs / 1000} s`;
    return { outcome: createTokenFailure('timeout', detail), transient: true };
  }
  if (error instanceof UnusableResponse) {
    const detail = `${server} ${error.message}`;
    return { outcome: createTokenFailure('response_invalid', detail), transient: false };
  }
  if (error instanceof LocalFault)
    return { outcome: createTokenFailure('unavailable', error.message, { isLocal: true }), transient: true };
  const detail = `cannot reach ${server}: ${describeFault(error)}`;
  return { outcome: createTokenFailure('unavailable', detail), transient: true };
}

/** Describes the code of an error in words where possible. The error's own message may quote the server or the caller. */
export function describeFault(error: unknown): string {
  const [, status] = error instanceof Error ? (/^Proxy response \((\d+)\)/.exec(error.message) ?? []) : [];
  if (status !== undefined) return `the proxy responded with ${status}`;
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (typeof code !== 'string') return 'connection error';
  // Error codes of the HTTP parser.
  return (
    describeConnectionFault(code) ??
    (code.startsWith('HPE_') ? `the server did not respond with HTTP (${code})` : code)
  );
}
