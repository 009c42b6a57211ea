import { parseAddress, type IpAddress } from './address.ts';
import type { RequestFacts } from './facts.ts';
import { parseQuery, type Parameters } from './query.ts';
import type { StepBudget } from './regexp/work.ts';

/**
 * Steps that the regular expressions of all rules may take for one request, about twenty milliseconds. The author of a path
 * must not determine for how long the gateway is busy.
 */
export const maxSteps = 500_000;

/** Values that few rules need. */
interface Extras {
  stepsLeft: number;
  parameters: Parameters | undefined;
  peer: IpAddress | undefined;
}

/**
 * Input of rules: the request, and values that are computed once for all rules. A class, because one is made for
 * every request.
 */
export class MatchContext implements StepBudget {
  readonly facts: RequestFacts;
  /** See `toRoutingPath`. */
  readonly path: string;
  #extras: Extras | undefined = undefined;

  constructor(facts: RequestFacts, path: string) {
    this.facts = facts;
    this.path = path;
  }

  get stepsLeft(): number {
    return this.#extras?.stepsLeft ?? maxSteps;
  }

  set stepsLeft(steps: number) {
    this.#ensureExtras().stepsLeft = steps;
  }

  /** True once the steps are used up. Results after that are meaningless, and the request is refused. */
  get exhausted(): boolean {
    return this.stepsLeft < 0;
  }

  /** Values of a query parameter, in order. */
  queryValues(key: string): readonly string[] {
    const extras = this.#ensureExtras();
    extras.parameters ??= parseQuery(this.facts.query);
    return extras.parameters.get(key) ?? none;
  }

  /** Address of the connection's peer; undefined when it is not an IP address. */
  get peer(): IpAddress | undefined {
    const extras = this.#ensureExtras();
    return (extras.peer ??= parseAddress(this.facts.remoteAddress));
  }

  #ensureExtras(): Extras {
    return (this.#extras ??= { stepsLeft: maxSteps, parameters: undefined, peer: undefined });
  }
}

const none: readonly string[] = Object.freeze([]);
