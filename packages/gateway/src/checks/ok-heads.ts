import type { Allow } from '@grantgate/middleware/decision/decision';
import type { CheckConfig } from '../config/install.ts';
import type { AnswerHead } from '../proxy/answer.ts';
import type { RequestFacts } from '../routing/facts.ts';
import { type AnswerHeaders, createAnswerHeaders, findImpostors } from './answer-headers.ts';
import { namesOf } from './raw-headers.ts';

/** The head of the answer that says yes; made once for each token, and once for callers' headers that come again. */
export type ToOkHead = (allows: readonly Allow[], facts: RequestFacts) => AnswerHead;

export function createOkHeads(config: CheckConfig): ToOkHead {
  const toHeaders = createAnswerHeaders(config, ['Content-Length', '0']);
  const byToken = new WeakMap<Allow, AnswerHead>();
  const byCaller = new WeakMap<readonly string[], { readonly allow: Allow; readonly head: AnswerHead }>();
  const find = (allow: Allow, facts: RequestFacts): AnswerHead => {
    const allows = [allow];
    const headers = toHeaders(allows);
    const impostors = findImpostors(namesOf(facts.rawHeaders), headers);
    if (impostors.length > 0) return toHead(headers, impostors, facts.reusesHeaders);
    let head = byToken.get(allow);
    if (head === undefined) {
      head = toHead(headers, impostors, true);
      byToken.set(allow, head);
    }
    return head;
  };
  return (allows, facts) => {
    const [allow] = allows;
    if (allow === undefined || allows.length > 1) {
      const headers = toHeaders(allows);
      return toHead(headers, findImpostors(namesOf(facts.rawHeaders), headers), false);
    }
    if (!facts.reusesHeaders) return find(allow, facts);
    const before = byCaller.get(facts.rawHeaders);
    if (before?.allow === allow) return before.head;
    const head = find(allow, facts);
    byCaller.set(facts.rawHeaders, { allow, head });
    return head;
  };
}

const toHead = ({ pairs }: AnswerHeaders, impostors: readonly string[], reused: boolean): AnswerHead => ({
  status: 200,
  reason: 'OK',
  headers: impostors.length === 0 ? pairs : [...pairs, 'X-Envoy-Auth-Headers-To-Remove', impostors.join(',')],
  // Some proxies copy every header of the answer: there are no others than these.
  dated: false,
  reused,
});
