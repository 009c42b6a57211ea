import { nearestName } from '@grantgate/middleware/options/names';
import type { Problem } from '../config/place.ts';
import type { Draft, Mention } from './draft.ts';

interface Finding {
  readonly in: Mention['in'];
  readonly problem: Problem;
}

/** Mentions of what does not exist, and entries that lead back to themselves. */
export function checkReferences(draft: Draft): readonly Finding[] {
  const mentions = dedupe(draft);
  const findings: Finding[] = [];
  for (const mention of mentions) {
    const { kind, name } = mention.of;
    if (!draft[kind].has(name))
      findings.push(toFinding(mention, 'missing_reference', describe(draft, mention)));
    else if (kind === mention.in.kind && leadsTo(mentions, kind, name, mention.in.name))
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

function describe(draft: Draft, { of }: Mention): string {
  const what = of.kind === 'services' ? 'service' : 'middleware';
  const near = nearestName(of.name, [...draft[of.kind].keys()]);
  return `there is no ${what} ${of.name}${near === undefined ? '' : `: did you mean ${near}?`}`;
}

/** Chains and weighted services may be nested, but not in a circle. */
function leadsTo(
  mentions: readonly Mention[],
  kind: Mention['of']['kind'],
  from: string,
  to: string,
): boolean {
  const seen = new Set<string>();
  const open = [from];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (name === to) return true;
    if (seen.has(name)) continue;
    seen.add(name);
    for (const mention of mentions)
      if (mention.in.kind === kind && mention.of.kind === kind && mention.in.name === name)
        open.push(mention.of.name);
  }
  return false;
}
