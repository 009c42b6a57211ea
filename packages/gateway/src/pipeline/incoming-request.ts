import type { Incoming } from '../proxy/forward.ts';
import type { RequestFacts } from '../routing/facts.ts';
import type { ReadPath } from '../routing/request-path.ts';
import type { Refusal } from './refusals.ts';

/** A request as an entry point hands it over. */
export interface IncomingRequest extends Incoming {
  readonly facts: RequestFacts;
  /** `1.1` or `1.0`. */
  readonly httpVersion: string;
  /** Why the entry point does not serve it, whatever the routes say; undefined when it does. */
  readonly refusal: Refusal | undefined;
  readonly readPath: ReadPath;
}
