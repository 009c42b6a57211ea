import { nearestName } from '@grantgate/middleware/base/names';
import type { Problem } from '../../config/place.ts';
import { keepList } from '../../reload/list-changes.ts';
import { findCircles } from './circles.ts';
import { toObjectKey } from './draft.ts';
import { isOfKubernetes } from './kubernetes/names.ts';
import type { Draft, Mention, MentionedKind } from './draft.ts';
import { findUnusedFallbacks } from './unused-fallbacks.ts';

interface Finding {
  readonly in: Mention['in'];
  readonly problem: Problem;
}

/** Maximum number of names with a suggestion, because each is compared with every known name. */
const maxProposals = 20;

/** Finds references to missing entries, and entries that refer back to themselves, in time proportional to the references. */
export type CheckReferences = (draft: Draft) => readonly Finding[];

/** For successive configurations: while the names are the same, suggestions are not searched again. */
export function createCheckReferences(): CheckReferences {
  const proposals = {
    services: createProposals(),
    middlewares: createProposals(),
    tlsOptions: createProposals(),
    serversTransports: createProposals(),
  };
  return (draft) => {
    const propose = {
      services: proposals.services(draft.services),
      middlewares: proposals.middlewares(draft.middlewares),
      tlsOptions: proposals.tlsOptions(draft.tlsOptions),
      serversTransports: proposals.serversTransports(draft.serversTransports),
    };
    return checkReferences(draft, ({ kind, name }) => propose[kind](name));
  };
}

function createProposals(): (known: ReadonlyMap<string, unknown>) => (name: string) => string {
  let names: readonly string[] = [];
  let last: ReadonlyMap<string, string> = new Map();
  return (known) => {
    let found: ReadonlyMap<string, string> | undefined;
    const now = new Map<string, string>();
    return (name) => {
      if (found === undefined) {
        const list = keepList(names, [...known.keys()]);
        found = list === names ? last : new Map();
        [names, last] = [list, now];
      }
      let proposal = now.get(name);
      if (proposal === undefined && now.size < maxProposals) {
        proposal = found.get(name) ?? toProposal(nearestName(name, names));
        now.set(name, proposal);
      }
      return proposal ?? '';
    };
  };
}

const toProposal = (near: string | undefined): string =>
  near === undefined ? '' : `: did you mean ${near}?`;

function checkReferences(draft: Draft, propose: (of: Mention['of']) => string): readonly Finding[] {
  const { mentions } = draft;
  const isCircular = findCircles(mentions);
  const findings = new Map<string, Finding>();
  const add = (mention: Mention, code: string, message: string): void => {
    // One problem suffices for an entry that refers to the same name twice.
    const { in: owner, of } = mention;
    const key = [owner.kind, owner.name, of.kind, of.name, of.object].join('\0');
    if (!findings.has(key)) findings.set(key, toFinding(mention, code, message));
  };
  for (const mention of mentions) {
    const { kind, name, object } = mention.of;
    if (!draft[kind].has(name)) add(mention, 'missing_reference', describe(mention.of, propose));
    else if (object !== undefined && draft.objects.get(toObjectKey(kind, name)) !== object)
      add(mention, 'cross_namespace', describeOther(draft, mention.of, object));
    else if (isForeign(draft, mention.of))
      add(mention, 'cross_namespace', describeForeign(draft, mention.of));
    else if (isCircular(mention))
      add(mention, 'circular_reference', `${name} refers back to ${mention.in.name}`);
  }
  const unused = findUnusedFallbacks(draft.services).map(({ owner, problem }) => ({
    in: { kind: 'services' as const, name: owner.name },
    problem,
  }));
  return [...findings.values(), ...unused];
}

const toFinding = (mention: Mention, code: string, message: string): Finding => ({
  in: mention.in,
  problem: { severity: 'error', place: mention.place, code, path: mention.path, message },
});

const objectOf = (draft: Draft, { kind, name }: Mention['of']): string | undefined =>
  draft.objects.get(toObjectKey(kind, name));

/** An object in a namespace that the reference must not reach. */
function isForeign(draft: Draft, of: Mention['of']): boolean {
  const object = objectOf(draft, of);
  return of.namespace !== undefined && object !== undefined && !object.startsWith(`${of.namespace}/`);
}

const describeForeign = (draft: Draft, of: Mention['of']): string =>
  `the ${objectKinds[of.kind]} ${objectOf(draft, of) ?? ''} is not in the namespace ${of.namespace ?? ''} of the object that refers to it: allowCrossNamespace is off`;

const describeOther = (draft: Draft, of: Mention['of'], object: string): string =>
  `there is no ${objectKinds[of.kind]} ${object}: ${of.name} is ${objectOf(draft, of) ?? 'another'}`;

function describe(of: Mention['of'], propose: (of: Mention['of']) => string): string {
  if (/@internal$/i.test(of.name))
    return `${of.name} belongs to Traefik: here the entry point admin serves /ping, /ready and /metrics`;
  const noun = of.kind !== 'middlewares' && isOfKubernetes(of.name) ? objectKinds[of.kind] : nouns[of.kind];
  return `there is no ${noun} ${of.name}${propose(of)}`;
}

/** Kinds of Kubernetes objects from which entries are derived. */
const objectKinds: Readonly<Record<MentionedKind, string>> = {
  services: 'TraefikService',
  middlewares: 'Middleware',
  tlsOptions: 'TLSOption',
  serversTransports: 'ServersTransport',
};

const nouns: Readonly<Record<MentionedKind, string>> = {
  services: 'service',
  middlewares: 'middleware',
  tlsOptions: 'section tls.options',
  serversTransports: 'serversTransport',
};
