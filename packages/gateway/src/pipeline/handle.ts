import type { Clock } from '@grantgate/middleware/base/clock';
import type { MaybePromise } from '@grantgate/middleware/base/maybe-promise';
import { createRequestIds } from '@grantgate/middleware/decision/request-id';
import type { WholeBody } from '../middlewares/step.ts';
import type { StepChanges } from '../middlewares/step-changes.ts';
import { forward } from '../proxy/forward.ts';
import { createUpstreamHeads, type ToUpstreamHead, type UpstreamHead } from '../proxy/request-headers.ts';
import { createCallerHeads, type HeaderChanges, type ToCallerHead } from '../proxy/response-headers.ts';
import { MatchContext } from '../routing/match-context.ts';
import { hasTooManyParameters } from '../routing/query.ts';
import { toRoutingPath } from '../routing/request-path.ts';
import type { Lease } from '../snapshot/holder.ts';
import type { Route, Snapshot, StepChain } from '../snapshot/snapshot.ts';
import type { Destination } from '../upstream/upstream.ts';
import { createRetry } from './create-retry.ts';
import type { IncomingRequest } from '../proxy/incoming-request.ts';
import { findMetadataRoute } from './metadata-route.ts';
import { createSendPage } from './pages.ts';
import type { RequestRecord } from './record.ts';
import type { StartTrace } from './request-trace.ts';
import type { Refusal } from '../middlewares/refusal.ts';
import {
  ambiguousPath,
  brokenRoute,
  gatewayRefusals,
  tooManyParameters,
  tooMuchWork,
  type PendingRequest,
} from './refusals.ts';
import { createContext, type TracedContextDeps } from './create-context.ts';
import type { RequestContext } from './request-context.ts';
import { decide, type EarlyResponse } from './run-steps.ts';

export interface PipelineDeps {
  readonly clock: Clock;
  acquire(): Lease;
  /** Called once per request, when its response has ended. Read the record at once, because its connection may be closed later. */
  onRecord(record: RequestRecord): void;
  /** Undefined: tracing is off. */
  readonly startTrace?: StartTrace | undefined;
  /** Called for defects: a rule or a decision that threw an error. */
  onDefect(error: unknown, requestId: string): void;
}

/** Serves one request. */
export type Handle = (incoming: IncomingRequest) => PendingRequest;

/** Matches, decides and forwards each request, and emits exactly one record of it. */
export function createHandle(deps: PipelineDeps): Handle {
  const heads: HeadBuilders = {
    clock: deps.clock,
    toUpstreamHead: createUpstreamHeads({ writesTrace: deps.startTrace !== undefined }),
    toCallerHead: createCallerHeads(),
    onDefect: (error, requestId) => deps.onDefect(error, requestId),
  };
  const contextDeps: TracedContextDeps = {
    clock: deps.clock,
    createId: createRequestIds(),
    onRecord: (record) => deps.onRecord(record),
    sendPage: createSendPage(heads),
    startTrace: deps.startTrace,
  };
  const flow: RequestFlow<Route> = {
    find: findRoute,
    pass: (context, route) => send(context, heads, route),
    onDefect: heads.onDefect,
  };
  return (incoming) => {
    const lease = deps.acquire();
    const context = createContext(incoming, lease, contextDeps);
    settle(context, lease.snapshot, flow);
    return context;
  };
}

/** The parts that differ between the gateway's routes and forward-auth. */
export interface RequestFlow<T extends StepChain> {
  /** Finds the steps that decide on a request, or the refusal when there are none. */
  readonly find: (context: RequestContext, snapshot: Snapshot) => Refusal | T;
  /** Handles a request that has passed every step. */
  readonly pass: (context: RequestContext, found: T) => void;
  readonly onDefect: PipelineDeps['onDefect'];
}

/** Decides a request, then forwards or refuses it. Never throws. */
export function settle<T extends StepChain>(
  context: RequestContext,
  snapshot: Snapshot,
  flow: RequestFlow<T>,
): void {
  try {
    const found = flow.find(context, snapshot);
    if ('code' in found) {
      context.refuse(found);
      return;
    }
    const stop = decide(found, context);
    if (stop instanceof Promise)
      stop
        .then((late) => conclude(context, found, late, flow))
        .catch((error: unknown) => fail(context, error, flow));
    else conclude(context, found, stop, flow);
  } catch (error) {
    fail(context, error, flow);
  }
}

function conclude<T extends StepChain>(
  context: RequestContext,
  found: T,
  stop: EarlyResponse,
  flow: RequestFlow<T>,
): void {
  // The caller may have disconnected during a token request.
  if (!context.endEarly(stop) && !context.isOver) flow.pass(context, found);
}

function fail(context: RequestContext, error: unknown, { onDefect }: Pick<PipelineDeps, 'onDefect'>): void {
  const { response } = context.incoming;
  onDefect(error, context.requestId);
  // Fail closed: without a decision, a request is refused.
  if (response.begun) response.cut();
  else context.refuse(brokenRoute);
}

/** The route of a valid request. */
function findRoute(context: RequestContext, snapshot: Snapshot): Refusal | Route {
  const { incoming } = context;
  const { facts } = incoming;
  if (incoming.refusal !== undefined) return incoming.refusal;
  const path = incoming.readPath(facts.path);
  if (path === undefined) return ambiguousPath;
  if (hasTooManyParameters(facts.query)) return tooManyParameters;
  const request = new MatchContext(facts, toRoutingPath(path));
  const route = findMetadataRoute(facts, path, snapshot) ?? snapshot.match(request);
  if (route === undefined) return request.exhausted ? tooMuchWork : gatewayRefusals.no_route;
  context.route = route;
  // TLS options are chosen by SNI: another Host must not bypass the options of its router, such as client certificates.
  if (
    facts.tls !== undefined &&
    facts.tls.options !== snapshot.tlsOptionsOf(facts.entryPoint, route.routerName)
  )
    return gatewayRefusals.misdirected_request;
  if (
    incoming.maxBodyBytes > 0 &&
    incoming.body.announcedBytes > incoming.maxBodyBytes &&
    route.broken === undefined
  )
    return gatewayRefusals.request_too_large;
  // Forward the path that the rules matched, so that the server cannot read it differently.
  if (path !== facts.path) context.target = toTarget(path, facts.target);
  return route;
}

function toTarget(path: string, received: string): string {
  const question = received.indexOf('?');
  return question < 0 ? path : path + received.slice(question);
}

/** Builds the heads of upstream requests and of responses to callers. */
interface HeadBuilders {
  readonly clock: Clock;
  readonly toUpstreamHead: ToUpstreamHead;
  readonly toCallerHead: ToCallerHead;
  readonly onDefect: PipelineDeps['onDefect'];
}

/** Forwards a request that has passed every step to a server of its route. */
function send(context: RequestContext, heads: HeadBuilders, route: Route): void {
  const { incoming } = context;
  const { facts } = incoming;
  const destination = route.upstream.pick(facts);
  if (destination === undefined) {
    context.refuse(gatewayRefusals.upstream_unavailable);
    return;
  }
  context.forwardedTo(destination);
  const { response, wholeBody } = context;
  const head = heads.toUpstreamHead(facts, context.changes, destination, context);
  forward({
    incoming: response === incoming.response ? incoming : withBody({ ...incoming, response }, wholeBody),
    destination,
    target: withPath(context.target),
    head: wholeBody === undefined ? head : { ...head, ...lengthOf(wholeBody) },
    toCallerHead: heads.toCallerHead,
    changes: context.changes,
    headerChanges: route.changesResponses ? toHeaderChanges(context, route) : undefined,
    listener: context,
    renewHead: context.renewsToken ? (to) => renewHead(context, to, heads) : undefined,
    retry:
      route.retry &&
      createRetry(route.retry, { context, upstream: route.upstream, first: destination, ...heads }),
  });
}

/** A caller whose body has already been read does not wait for `100 Continue`. */
const withBody = (incoming: IncomingRequest, whole: WholeBody | undefined): IncomingRequest =>
  whole === undefined ? incoming : { ...incoming, body: whole.body, expectsContinue: false };

const lengthOf = ({ length }: WholeBody): Pick<UpstreamHead, 'hasBody' | 'bodyLength'> => ({
  hasBody: length > 0,
  bodyLength: length,
});

/**
 * Where steps change bodies, the whole response passes through the steps. A WebSocket's does not, so its headers are changed here.
 */
function toHeaderChanges(context: RequestContext, { changesBodies }: Route): HeaderChanges {
  if (!changesBodies) return context;
  return {
    awaitsStart: () => false,
    change: (headers, status) => (status === 101 ? context.change(headers, status, undefined) : headers),
  };
}

/** Steps may have removed the whole path. */
const withPath = (target: string): string =>
  target === '' || target.startsWith('?') ? `/${target}` : target;

/** Never throws, because its caller does not catch errors; without another token, the response goes to the caller. */
function renewHead(
  context: RequestContext,
  destination: Destination,
  { toUpstreamHead, onDefect }: HeadBuilders,
): MaybePromise<UpstreamHead | undefined> {
  const { incoming, requestId, trace } = context;
  const toHead = (changes: StepChanges | undefined): UpstreamHead | undefined =>
    changes && toUpstreamHead(incoming.facts, changes, destination, context);
  const fail = (error: unknown): undefined => {
    onDefect(error, requestId);
    return undefined;
  };
  try {
    const renewed = trace === undefined ? context.renewToken() : trace.run(() => context.renewToken());
    return renewed instanceof Promise ? renewed.then(toHead).catch(fail) : toHead(renewed);
  } catch (error) {
    fail(error);
  }
  return undefined;
}
