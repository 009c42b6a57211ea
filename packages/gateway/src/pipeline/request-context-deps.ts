import type { Clock } from '@grantgate/middleware/base/clock';
import type { RequestFacts } from '../routing/facts.ts';
import type { toCallerRefusal } from './grpc-refusal.ts';
import type { SendPage } from './pages.ts';
import type { RequestRecord } from './record.ts';

/** State shared by the requests of one pipeline. */
export interface RequestContextDeps {
  readonly clock: Clock;
  /** Creates the ID of a request that has none. */
  readonly createId: () => string;
  /** Called exactly once, when the response has ended or the caller has disconnected. */
  onRecord(record: RequestRecord): void;
  /** Omitted where no response is changed. */
  readonly sendPage?: SendPage;
  /** Writes a refusal; default: `toCallerRefusal`. */
  readonly toResponse?: typeof toCallerRefusal;
  /** Properties that steps and the record see; default: those of the request itself. Called on first use. */
  readonly toFacts?: (facts: RequestFacts) => RequestFacts;
  /** `Authorization` as the first step sees it; default: the caller's. */
  readonly toAuthorization?: (facts: RequestFacts) => string | undefined;
}
