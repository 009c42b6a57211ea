import { toProblem } from '@grantgate/middleware/decision/problem';
import { createRequestIds } from '@grantgate/middleware/decision/request-id';
import type { ExternalAuthConfig } from '../config/install.ts';
import type { IncomingRequest } from '../pipeline/incoming-request.ts';
import { settle, type Handle, type PipelineDeps, type RequestFlow } from '../pipeline/handle.ts';
import { ambiguousPath, type Refusal } from '../pipeline/refusals.ts';
import { RequestContext, type RequestContextDeps } from '../pipeline/request-context.ts';
import { toRefusalResponse } from '../pipeline/write-refusal.ts';
import { noTrailers } from '../http1/message/response-writer.ts';
import type { RequestFacts } from '../routing/facts.ts';
import type { NamedSteps, Snapshot } from '../snapshot/snapshot.ts';
import { endOfName, mount } from './forward-auth-path.ts';
import { toOriginalFacts } from './original-request.ts';
import { createAllowHeads } from './allow-heads.ts';
import { valueOf } from './raw-headers.ts';
import { refuseBroken, refuseUnknown } from './refuse-middleware.ts';
import { isAmbiguousPath, isPathTold } from './told-path.ts';

/**
 * Answers a proxy beside: any request to `/forward-auth/MIDDLEWARE`, and to any path below it, is a question whether the
 * caller's request may pass. Exactly 200 with an empty body for yes, with the headers to set; the refusal for no.
 */
export function createForwardAuthHandle(config: ExternalAuthConfig, deps: PipelineDeps): Handle {
  const toHead = createAllowHeads(config);
  const credentials = config.credentialsHeader.toLowerCase();
  const contextDeps: RequestContextDeps = {
    clock: deps.clock,
    createId: createRequestIds(),
    onRecord: (record) => deps.onRecord(record),
    toResponse: createToResponse(config),
    toFacts,
    ...(credentials !== 'authorization' && {
      toAuthorization: ({ rawHeaders }: RequestFacts) => valueOf(rawHeaders, credentials),
    }),
  };
  const way: RequestFlow<NamedSteps> = {
    find: findAsked,
    pass({ incoming, passes }) {
      incoming.response.begin(toHead(passes, incoming.facts));
      incoming.response.end(undefined, false, noTrailers);
    },
    onDefect: (error, requestId) => deps.onDefect(error, requestId),
  };
  return (incoming) => {
    const lease = deps.acquire();
    const context = new RequestContext(incoming, lease, contextDeps);
    settle(context, lease.snapshot, way);
    return context;
  };
}

/** The middleware that a proxy asks. */
function findAsked(context: RequestContext, snapshot: Snapshot): Refusal | NamedSteps {
  const { incoming } = context;
  const { facts } = incoming;
  const name = nameIn(facts.path, endOfName(facts.path));
  const asked = name === undefined ? undefined : lookUp(name, snapshot);
  context.route = asked;
  if (incoming.refusal !== undefined) return incoming.refusal;
  if (asked === undefined) return refuseUnknown(name && decode(name));
  return refuseBroken(asked) ?? refusalOfPath(incoming, context.facts) ?? asked;
}

/** The caller's request: what a proxy asks about is of interest, not its asking. */
const toFacts = (facts: RequestFacts): RequestFacts =>
  toOriginalFacts(facts, facts.target.slice(endOfName(facts.path)));

function refusalOfPath({ facts, readPath }: IncomingRequest, original: RequestFacts): Refusal | undefined {
  return isPathTold(facts, original) && isAmbiguousPath(original.path, readPath) ? ambiguousPath : undefined;
}

/** The middleware's name as the path has it, which may be URL-encoded; undefined for a path that names none. */
const nameIn = (path: string, nameEnd: number): string | undefined =>
  path.startsWith(mount) ? path.slice(mount.length, nameEnd) : undefined;

const lookUp = (name: string, snapshot: Snapshot): NamedSteps | undefined =>
  snapshot.findSteps(name) ?? (name.includes('%') ? snapshot.findSteps(decode(name)) : undefined);

/** A name that is not valid URL encoding stays as it is. */
function decode(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** Refusals as the proxy can pass them on. */
function createToResponse({ statusMap, problemHeader }: ExternalAuthConfig): typeof toRefusalResponse {
  return (refusal, requestId) => {
    const status = statusMap.get(refusal.status);
    const sent: Refusal = status === undefined ? refusal : { ...refusal, status };
    const more =
      problemHeader === undefined
        ? []
        : [problemHeader, Buffer.from(toProblem(sent, requestId)).toString('latin1')];
    return toRefusalResponse(sent, requestId, more);
  };
}
