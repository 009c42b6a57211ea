import type { CheckConfig } from '../config/install.ts';
import type { Passes } from '../middlewares/passes.ts';
import type { Pass } from '../middlewares/step.ts';
import type { AnswerHead } from '../proxy/answer.ts';
import type { RequestFacts } from '../routing/facts.ts';
import { type AnswerHeaders, createAnswerHeaders, findImpostors } from './answer-headers.ts';
import { namesOf } from './raw-headers.ts';

/** The head of the answer that says yes; made once for each token, and once for callers' headers that come again. */
export type ToOkHead = (passes: Passes, facts: RequestFacts) => AnswerHead;

export function createOkHeads(config: CheckConfig): ToOkHead {
  const toHeaders = createAnswerHeaders(config, ['Content-Length', '0']);
  const byToken = new WeakMap<Pass, AnswerHead>();
  const byCaller = new WeakMap<readonly string[], { readonly pass: Pass; readonly head: AnswerHead }>();
  const find = (pass: Pass, facts: RequestFacts): AnswerHead => {
    const headers = toHeaders([pass]);
    const impostors = findImpostors(namesOf(facts.rawHeaders), headers);
    if (impostors.length > 0) return toHead(headers, impostors, facts.reusesHeaders);
    let head = byToken.get(pass);
    if (head === undefined) {
      head = toHead(headers, impostors, true);
      byToken.set(pass, head);
    }
    return head;
  };
  return (passes, facts) => {
    const [pass] = passes;
    if (pass === undefined || passes.length > 1) {
      const headers = toHeaders(passes);
      return toHead(headers, findImpostors(namesOf(facts.rawHeaders), headers), false);
    }
    if (!facts.reusesHeaders) return find(pass, facts);
    const before = byCaller.get(facts.rawHeaders);
    if (before?.pass === pass) return before.head;
    const head = find(pass, facts);
    byCaller.set(facts.rawHeaders, { pass, head });
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
