import { nearestName } from '@grantgate/middleware/base/names';
import type { Problem } from '../../config/place.ts';
import { findCircles } from './circles.ts';
import type { Draft, Mention } from './draft.ts';

interface Finding {
  readonly in: Mention['in'];
  readonly problem: Problem;
}

/** Most names that get a proposal: each is compared with every name there is. */
const maxProposals = 20;

/** Mentions of what does not exist, and entries that lead back to themselves. Takes time proportional to the mentions. */
export function checkReferences(draft: Draft): readonly Finding[] {
  const mentions = dedupe(draft);
  const isCircular = findCircles(mentions);
  const proposals = new Map<string, string>();
  const findings: Finding[] = [];
  for (const mention of mentions) {
    const { kind, name, object } = mention.of;
    if (!draft[kind].has(name))
      findings.push(toFinding(mention, 'missing_reference', describe(draft, mention, proposals)));
    else if (object !== undefined && draft.objects.get(name) !== object)
      findings.push(toFinding(mention, 'cross_namespace', describeOther(draft, name, object)));
    else if (isCircular(mention))
      findings.push(toFinding(mention, 'circular_reference', `${name} leads back to ${mention.in.name}`));
  }
  return findings;
}

/** One finding is enough for an entry that mentions the same name twice. */
function dedupe({ mentions }: Draft): readonly Mention[] {
  const seen = new Map<string, Mention>();
  for (const mention of mentions) {
    const key = [mention.in.kind, mention.in.name, mention.of.kind, mention.of.name].join('\0');
    if (!seen.has(key)) seen.set(key, mention);
  }
  return [...seen.values()];
}

const toFinding = (mention: Mention, code: string, message: string): Finding => ({
  in: mention.in,
  problem: { severity: 'error', place: mention.place, code, path: mention.path, message },
});

function describeOther(draft: Draft, name: string, object: string): string {
  return `there is no Middleware ${object}: ${name} is ${draft.objects.get(name) ?? 'another'}`;
}

function describe(draft: Draft, { of }: Mention, proposals: Map<string, string>): string {
  const what = of.kind === 'services' ? 'service' : 'middleware';
  const key = `${what} ${of.name}`;
  let proposal = proposals.get(key);
  if (proposal === undefined && proposals.size < maxProposals) {
    const near = nearestName(of.name, [...draft[of.kind].keys()]);
    proposal = near === undefined ? '' : `: did you mean ${near}?`;
    proposals.set(key, proposal);
  }
  return `there is no ${key}${proposal ?? ''}`;
}
