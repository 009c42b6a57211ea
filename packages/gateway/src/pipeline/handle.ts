import type { Clock } from '@grantgate/middleware/base/clock';
import type { MaybePromise } from '@grantgate/middleware/base/maybe-promise';
import { createRequestIds } from '@grantgate/middleware/decision/request-id';
import type { StepChanges } from '../middlewares/step-changes.ts';
import { forward } from '../proxy/forward.ts';
import { createUpstreamHeads, type ToUpstreamHead, type UpstreamHead } from '../proxy/request-headers.ts';
import { createCallerHeads, type HeaderChanges, type ToCallerHead } from '../proxy/response-headers.ts';
import { MatchContext } from '../routing/match-context.ts';
import { hasTooManyParameters } from '../routing/query.ts';
import { toRoutingPath } from '../routing/request-path.ts';
import type { Lease } from '../snapshot/holder.ts';
import type { Route, Snapshot } from '../snapshot/snapshot.ts';
import type { Destination } from '../upstream/upstream.ts';
import type { IncomingRequest } from './incoming-request.ts';
import type { RequestRecord } from './record.ts';
import {
  ambiguousPath,
  brokenRoute,
  gatewayRefusals,
  tooManyParameters,
  tooMuchWork,
  type PendingRequest,
  type Refusal,
} from './refusals.ts';
import { RequestContext, type RequestContextDeps } from './request-context.ts';
import { decide, type Guarded, type EarlyResponse } from './run-steps.ts';

export interface PipelineDeps {
  readonly clock: Clock;
  acquire(): Lease;
  /** Told once per request, when its response has ended. A record is read then: later, its connection may be gone. */
  onRecord(record: RequestRecord): void;
  /** Called for defects: a rule or a decision that threw. */
  onDefect(error: unknown, requestId: string): void;
}

/** Serves one request. */
export type Handle = (incoming: IncomingRequest) => PendingRequest;

/** One request's way: match, decide, forward; whatever ends it, one record. */
export function createHandle(deps: PipelineDeps): Handle {
  const heads: HeadBuilders = {
    toUpstreamHead: createUpstreamHeads(),
    toCallerHead: createCallerHeads(),
    onDefect: (error, requestId) => deps.onDefect(error, requestId),
  };
  const contextDeps: RequestContextDeps = {
    clock: deps.clock,
    createId: createRequestIds(),
    onRecord: (record) => deps.onRecord(record),
  };
  const way: RequestFlow<Route> = {
    find: findRoute,
    pass: (context, route) => send(context, heads, route),
    onDefect: heads.onDefect,
  };
  return (incoming) => {
    const lease = deps.acquire();
    const context = new RequestContext(incoming, lease, contextDeps);
    settle(context, lease.snapshot, way);
    return context;
  };
}

/** What is particular to the gateway's routes and to forward authentication. */
export interface RequestFlow<T extends Guarded> {
  /** What decides on a request, or why nothing does. */
  readonly find: (context: RequestContext, snapshot: Snapshot) => Refusal | T;
  /** What becomes of a request that passes. */
  readonly pass: (context: RequestContext, found: T) => void;
  readonly onDefect: PipelineDeps['onDefect'];
}

/** Decides on a request and does what follows; never throws. */
export function settle<T extends Guarded>(
  context: RequestContext,
  snapshot: Snapshot,
  way: RequestFlow<T>,
): void {
  try {
    const found = way.find(context, snapshot);
    if ('code' in found) {
      context.refuse(found);
      return;
    }
    const stop = decide(found, context);
    if (stop instanceof Promise)
      stop
        .then((late) => conclude(context, found, late, way))
        .catch((error: unknown) => fail(context, error, way));
    else conclude(context, found, stop, way);
  } catch (error) {
    fail(context, error, way);
  }
}

function conclude<T extends Guarded>(
  context: RequestContext,
  found: T,
  stop: EarlyResponse,
  way: RequestFlow<T>,
): void {
  // The caller may have gone away while the authorization server was asked.
  if (!context.stop(stop) && !context.isOver) way.pass(context, found);
}

function fail(context: RequestContext, error: unknown, { onDefect }: Pick<PipelineDeps, 'onDefect'>): void {
  const { response } = context.incoming;
  onDefect(error, context.requestId);
  // Closed, not open: a request that could not be decided on does not pass.
  if (response.begun) response.cut();
  else context.refuse(brokenRoute);
}

/** The route of a request that can be decided on. */
function findRoute(context: RequestContext, snapshot: Snapshot): Refusal | Route {
  const { incoming } = context;
  const { facts } = incoming;
  if (incoming.refusal !== undefined) return incoming.refusal;
  const path = incoming.readPath(facts.path);
  if (path === undefined) return ambiguousPath;
  if (hasTooManyParameters(facts.query)) return tooManyParameters;
  const request = new MatchContext(facts, toRoutingPath(path));
  const route = snapshot.match(request);
  if (route === undefined) return request.exhausted ? tooMuchWork : gatewayRefusals.no_route;
  context.route = route;
  if (
    incoming.maxBodyBytes > 0 &&
    incoming.body.announcedBytes > incoming.maxBodyBytes &&
    route.broken === undefined
  )
    return gatewayRefusals.request_too_large;
  // The server gets the path that the rules have seen: no route is chosen by one path and used with another.
  if (path !== facts.path) context.target = toTarget(path, facts.target);
  return route;
}

function toTarget(path: string, received: string): string {
  const question = received.indexOf('?');
  return question < 0 ? path : path + received.slice(question);
}

/** What becomes of headers in either direction. */
interface HeadBuilders {
  readonly toUpstreamHead: ToUpstreamHead;
  readonly toCallerHead: ToCallerHead;
  readonly onDefect: PipelineDeps['onDefect'];
}

/** Sends a request that has passed to a server of its route. */
function send(context: RequestContext, heads: HeadBuilders, route: Route): void {
  const { incoming } = context;
  const { facts } = incoming;
  const picked = route.upstream.pick(facts);
  if (picked === undefined) {
    context.refuse(gatewayRefusals.upstream_unavailable);
    return;
  }
  context.sent(picked);
  const { response } = context;
  forward({
    incoming: response === incoming.response ? incoming : { ...incoming, response },
    method: facts.method,
    picked,
    target: withPath(context.target),
    head: heads.toUpstreamHead(facts, context.passes, picked, context.requestId),
    toCallerHead: heads.toCallerHead,
    headerChanges: route.changesResponses ? toHeaderChanges(context, route) : undefined,
    listener: context,
    renewHead: context.renewsToken ? () => renewHead(context, picked, heads) : undefined,
  });
}

/** A response that goes through the steps meets their changes on its way; a WebSocket's does not. */
function toHeaderChanges(context: RequestContext, { changesBodies }: Route): HeaderChanges {
  if (!changesBodies) return context;
  return {
    awaitsStart: () => false,
    change: (headers, status) => (status === 101 ? context.change(headers, status, undefined) : headers),
  };
}

/** Steps may have left nothing of the path. */
const withPath = (target: string): string =>
  target === '' || target.startsWith('?') ? `/${target}` : target;

/** Nobody waits for what this throws, so it does not: without another token, the response goes to the caller. */
function renewHead(
  context: RequestContext,
  picked: Destination,
  { toUpstreamHead, onDefect }: HeadBuilders,
): MaybePromise<UpstreamHead | undefined> {
  const { incoming, requestId } = context;
  const toHead = (passes: StepChanges | undefined): UpstreamHead | undefined =>
    passes && toUpstreamHead(incoming.facts, passes, picked, requestId);
  const fail = (error: unknown): undefined => {
    onDefect(error, requestId);
    return undefined;
  };
  try {
    const renewed = context.renewToken();
    return renewed instanceof Promise ? renewed.then(toHead).catch(fail) : toHead(renewed);
  } catch (error) {
    fail(error);
  }
  return undefined;
}
