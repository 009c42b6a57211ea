import type { Refusal } from '../middlewares/refusal.ts';
import type { RequestFacts } from '../routing/facts.ts';
import type { ReadPath } from '../routing/request-path.ts';
import type { CallerBody } from '../http1/message/caller-body.ts';
import type { CallerResponse } from './caller-response.ts';
import type { CallerSocket } from './upgrade.ts';

/** A request that an entry point has read, with its pending body and the response to write. */
export interface IncomingRequest {
  readonly facts: RequestFacts;
  /** `1.1` or `1.0`. */
  readonly httpVersion: string;
  /** The reason why the entry point refuses it, whatever the routes say; undefined when it does not. */
  readonly refusal: Refusal | undefined;
  readonly readPath: ReadPath;
  readonly body: CallerBody;
  readonly response: CallerResponse;
  /** The caller waits for `100 Continue` before it sends its body (RFC 9110 section 10.1.1). */
  readonly expectsContinue: boolean;
  /** The caller's connection when it asks for WebSocket; undefined otherwise. */
  readonly upgrade: CallerSocket | undefined;
  /** Limit of the body in bytes; 0: no limit. */
  readonly maxBodyBytes: number;
}
