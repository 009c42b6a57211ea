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
  const { mentions } = draft;
  const isCircular = findCircles(mentions);
  const proposals = new Map<string, string>();
  const findings = new Map<string, Finding>();
  const add = (mention: Mention, code: string, message: string): void => {
    // One finding is enough for an entry that mentions the same thing twice.
    const { in: owner, of } = mention;
    const key = [owner.kind, owner.name, of.kind, of.name, of.object].join('\0');
    if (!findings.has(key)) findings.set(key, toFinding(mention, code, message));
  };
  for (const mention of mentions) {
    const { kind, name, object } = mention.of;
    if (!draft[kind].has(name)) add(mention, 'missing_reference', describe(draft, mention, proposals));
    else if (object !== undefined && draft.objects.get(name) !== object)
      add(mention, 'cross_namespace', describeOther(draft, name, object));
    else if (isCircular(mention))
      add(mention, 'circular_reference', `${name} leads back to ${mention.in.name}`);
  }
  return [...findings.values()];
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
