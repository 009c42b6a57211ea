import type { Answer } from '../proxy/answer.ts';
import type { CallerBody } from '../proxy/caller-body.ts';
import type { CallerSocket } from '../proxy/upgrade.ts';
import type { RequestFacts } from '../routing/facts.ts';
import type { ReadPath } from '../routing/request-path.ts';
import type { Refusal } from './refusals.ts';

/** A request as an entry point hands it over. */
export interface Exchange {
  readonly facts: RequestFacts;
  /** `1.1` or `1.0`. */
  readonly httpVersion: string;
  readonly body: CallerBody;
  readonly answer: Answer;
  /** The caller waits for `100 Continue` before it sends its body (RFC 9110 section 10.1.1). */
  readonly expectsContinue: boolean;
  /** The caller's connection when it asks for WebSocket. */
  readonly upgrade: CallerSocket | undefined;
  /** Why the entry point does not serve it, whatever the routes say; undefined when it does. */
  readonly refusal: Refusal | undefined;
  readonly readPath: ReadPath;
  /** Bytes; 0: no limit. */
  readonly maxBodyBytes: number;
}
