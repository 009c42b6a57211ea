import type { Deny } from '../decision/decision.ts';
import { toProblem, toProblemHeaders } from '../decision/problem.ts';
import { toRequestId } from '../decision/request-id.ts';
import type { RefusalCode } from '../decision/refusal-code.ts';

/**
 * A refusal for the error handling of a framework, with `refusals: 'error'`. The default error handling of Express, Fastify, Koa and Hono
 * responds with its status and headers. It never contains a token.
 */
export class RefusalError extends Error {
  readonly code: RefusalCode;
  /** HTTP status code. */
  readonly status: number;
  /** The same as `status`. */
  readonly statusCode: number;
  /** Koa and others may send the message, so it is written for callers. */
  readonly expose: boolean = true;
  /** Short and fixed per code. */
  readonly title: string;
  /** `www-authenticate`, `retry-after`, `cache-control`. */
  readonly headers: Readonly<Record<string, string>>;
  /** The client to which the token was issued; undefined when it is unknown. */
  readonly clientId: string | undefined;
  /** More detailed reason for operators. Do not send it. */
  readonly reason: string | undefined;
  readonly #deny: Deny;

  constructor(deny: Deny) {
    super(deny.detail);
    this.name = 'RefusalError';
    this.code = deny.code;
    this.status = deny.status;
    this.statusCode = deny.status;
    this.title = deny.title;
    this.headers = toErrorHeaders(deny);
    this.clientId = deny.clientId;
    this.reason = deny.reason;
    this.#deny = deny;
  }

  /** The refusal as `application/problem+json` (RFC 9457). @param requestId default: a new one. */
  getResponse(requestId?: string): Response {
    const id = toRequestId(requestId);
    const list = toProblemHeaders(this.#deny, id);
    const headers = new Headers();
    for (let at = 0; at + 1 < list.length; at += 2) headers.set(list[at] ?? '', list[at + 1] ?? '');
    return new Response(toProblem(this.#deny, id), { status: this.status, headers });
  }
}

function toErrorHeaders({ challenge, retryAfterSeconds }: Deny): Readonly<Record<string, string>> {
  return Object.freeze({
    'cache-control': 'no-store',
    ...(challenge !== undefined && { 'www-authenticate': challenge }),
    ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
  });
}
