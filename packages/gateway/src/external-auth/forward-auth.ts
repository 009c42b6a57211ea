import { toProblem } from '@grantgate/middleware/decision/problem';
import { createRequestIds } from '@grantgate/middleware/decision/request-id';
import type { ExternalAuthConfig } from '../config/entry-point-config.ts';
import type { IncomingRequest } from '../proxy/incoming-request.ts';
import { settle, type Handle, type PipelineDeps, type RequestFlow } from '../pipeline/handle.ts';
import type { Refusal } from '../middlewares/refusal.ts';
import { wellKnownPath } from '../middlewares/well-known-path.ts';
import { ambiguousPath } from '../pipeline/refusals.ts';
import { createContext, type TracedContextDeps } from '../pipeline/create-context.ts';
import type { RequestContext } from '../pipeline/request-context.ts';
import { toRefusalResponse } from '../pipeline/write-refusal.ts';
import { noTrailers } from '../http1/message/response-writer.ts';
import type { RequestFacts } from '../routing/facts.ts';
import type { StepChain, Snapshot } from '../snapshot/snapshot.ts';
import { toOriginalFacts, isAmbiguousPath, isPathTold } from './original-request.ts';
import { createAllowHeads } from './allow-heads.ts';
import { valueIn } from '../http1/message/header-list.ts';
import { refuseBroken, refuseUnknown } from './refuse-middleware.ts';

/** Prefix of the path of a check; the name of a middleware follows, then any text. */
const mount = '/forward-auth/';

/** Position at which the middleware's name ends in a path or target. */
function endOfName(target: string): number {
  for (let at = mount.length; at < target.length; at += 1)
    if (target[at] === '/' || target[at] === '?') return at;
  return target.length;
}

/**
 * Serves authorization checks of external proxies at `/forward-auth/MIDDLEWARE` and below. An allowed request gets 200 with an
 * empty body and the headers to set; any other request gets the refusal.
 */
export function createForwardAuthHandle(config: ExternalAuthConfig, deps: PipelineDeps): Handle {
  const toHead = createAllowHeads(config);
  const credentials = config.credentialsHeader.toLowerCase();
  const contextDeps: TracedContextDeps = {
    clock: deps.clock,
    createId: createRequestIds(),
    onRecord: (record) => deps.onRecord(record),
    toResponse: createToResponse(config),
    toFacts,
    startTrace: deps.startTrace,
    ...(credentials !== 'authorization' && {
      toAuthorization: ({ rawHeaders }: RequestFacts) => valueIn(rawHeaders, credentials),
    }),
  };
  const flow: RequestFlow<StepChain> = {
    find: findChain,
    pass({ incoming, changes }) {
      incoming.response.begin(toHead(changes, incoming.facts));
      incoming.response.end(undefined, false, noTrailers);
    },
    onDefect: (error, requestId) => deps.onDefect(error, requestId),
  };
  return (incoming) => {
    const lease = deps.acquire();
    const context = createContext(incoming, lease, contextDeps);
    settle(context, lease.snapshot, flow);
    return context;
  };
}

/** Finds the steps of the middleware that a proxy names. */
function findChain(context: RequestContext, snapshot: Snapshot): Refusal | StepChain {
  const { incoming } = context;
  const { facts } = incoming;
  const metadata = findMetadata(facts, snapshot);
  if (metadata !== undefined) {
    context.route = metadata;
    return incoming.refusal ?? metadata;
  }
  const name = nameIn(facts.path, endOfName(facts.path));
  const chain = name === undefined ? undefined : lookUp(name, snapshot);
  context.route = chain;
  if (incoming.refusal !== undefined) return incoming.refusal;
  if (chain === undefined) return refuseUnknown(name && decode(name));
  return refuseBroken(chain) ?? refusalOfPath(incoming, context.facts) ?? chain;
}

/** Metadata of a protected resource, which a proxy requests for its callers. */
const findMetadata = ({ path, authority }: RequestFacts, snapshot: Snapshot): StepChain | undefined =>
  path.startsWith(wellKnownPath) ? snapshot.findMetadata(path, authority.toLowerCase()) : undefined;

/** The caller's request, as the proxy describes it. */
const toFacts = (facts: RequestFacts): RequestFacts =>
  toOriginalFacts(facts, facts.target.slice(endOfName(facts.path)));

function refusalOfPath({ facts, readPath }: IncomingRequest, original: RequestFacts): Refusal | undefined {
  return isPathTold(facts, original) && isAmbiguousPath(original.path, readPath) ? ambiguousPath : undefined;
}

/** The middleware's name in the path, where it may be URL-encoded; undefined for a path without one. */
const nameIn = (path: string, nameEnd: number): string | undefined =>
  path.startsWith(mount) ? path.slice(mount.length, nameEnd) : undefined;

const lookUp = (name: string, snapshot: Snapshot): StepChain | undefined =>
  snapshot.findSteps(name) ?? (name.includes('%') ? snapshot.findSteps(decode(name)) : undefined);

/** A name that is not valid URL encoding is used unchanged. */
function decode(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** Refusals that the proxy can forward. */
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
