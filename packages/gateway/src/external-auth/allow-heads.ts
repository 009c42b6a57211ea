import type { ExternalAuthConfig } from '../config/entry-point-config.ts';
import type { StepChanges } from '../middlewares/step-changes.ts';
import type { Pass } from '../middlewares/step.ts';
import type { CallerResponseHead } from '../http1/message/response-writer.ts';
import type { RequestFacts } from '../routing/facts.ts';
import { type DecisionHeaders, createDecisionHeaders, findImpostors } from './decision-headers.ts';
import { namesIn } from '../http1/message/header-list.ts';

/** The head of the response that allows a request; built once per token, and once for repeated headers of callers. */
export type ToAllowHead = (changes: StepChanges, facts: RequestFacts) => CallerResponseHead;

export function createAllowHeads(config: ExternalAuthConfig): ToAllowHead {
  const toHeaders = createDecisionHeaders(config, ['Content-Length', '0']);
  const byToken = new WeakMap<Pass, CallerResponseHead>();
  const byCaller = new WeakMap<
    readonly string[],
    { readonly pass: Pass; readonly head: CallerResponseHead }
  >();
  const find = (pass: Pass, facts: RequestFacts): CallerResponseHead => {
    const headers = toHeaders([pass]);
    const impostors = findImpostors(namesIn(facts.rawHeaders), headers);
    if (impostors.length > 0) return toHead(headers, impostors, facts.reusesHeaders);
    let head = byToken.get(pass);
    if (head === undefined) {
      head = toHead(headers, impostors, true);
      byToken.set(pass, head);
    }
    return head;
  };
  return (changes, facts) => {
    const [pass] = changes;
    if (pass === undefined || changes.length > 1) {
      const headers = toHeaders(changes);
      return toHead(headers, findImpostors(namesIn(facts.rawHeaders), headers), false);
    }
    if (!facts.reusesHeaders) return find(pass, facts);
    const before = byCaller.get(facts.rawHeaders);
    if (before?.pass === pass) return before.head;
    const head = find(pass, facts);
    byCaller.set(facts.rawHeaders, { pass, head });
    return head;
  };
}

const toHead = (
  { pairs }: DecisionHeaders,
  impostors: readonly string[],
  reused: boolean,
): CallerResponseHead => ({
  status: 200,
  reason: 'OK',
  headers: impostors.length === 0 ? pairs : [...pairs, 'X-Envoy-Auth-Headers-To-Remove', impostors.join(',')],
  // Some proxies copy every header of the response, so there are no others.
  dated: false,
  reused,
});
