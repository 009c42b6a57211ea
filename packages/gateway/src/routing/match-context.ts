import type { RequestFacts } from './facts.ts';

/** What a rule is evaluated on: the request, and its path as rules see it, worked out once for all rules. */
export interface MatchContext {
  readonly facts: RequestFacts;
  /** See `toRoutingPath`. */
  readonly path: string;
}
