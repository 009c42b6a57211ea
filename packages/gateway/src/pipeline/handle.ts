import type { Clock } from '@grantgate/middleware/base/clock';
import type { MaybePromise } from '@grantgate/middleware/base/maybe-promise';
import { createRequestIds } from '@grantgate/middleware/decision/request-id';
import type { Allow } from '@grantgate/middleware/decision/decision';
import { forward } from '../proxy/forward.ts';
import { createUpstreamHeads, type ToUpstreamHead, type UpstreamHead } from '../proxy/request-headers.ts';
import { createAnswerHeads, type ToAnswerHead } from '../proxy/response-headers.ts';
import { MatchContext } from '../routing/match-context.ts';
import { hasTooManyParameters } from '../routing/query.ts';
import { toRoutingPath } from '../routing/request-path.ts';
import type { Lease } from '../snapshot/holder.ts';
import type { Route, Snapshot } from '../snapshot/snapshot.ts';
import type { Picked } from '../upstream/upstream.ts';
import type { Exchange } from './exchange.ts';
import { type Passed, passGuards, usernameOf } from './pass-guards.ts';
import { Progress, type ProgressDeps } from './progress.ts';
import type { RequestRecord } from './record.ts';
import {
  ambiguousPath,
  brokenRoute,
  gatewayRefusals,
  toBrokenRoute,
  tooManyParameters,
  tooMuchWork,
  type Refusable,
} from './refusals.ts';

export interface PipelineDeps {
  readonly clock: Clock;
  acquire(): Lease;
  /** Told once per request, when its response has ended. A record is read then: later, its connection may be gone. */
  onRecord(record: RequestRecord): void;
  /** Told of what should never happen: a rule or a decision that threw. */
  onDefect(error: unknown, requestId: string): void;
}

/** Serves one request. */
export type Handle = (exchange: Exchange) => Refusable;

/** One request's way: match, decide, forward; whatever ends it, one record. */
export function createHandle(deps: PipelineDeps): Handle {
  const heads: Heads = {
    toUpstreamHead: createUpstreamHeads(),
    toAnswerHead: createAnswerHeads(),
    onDefect: (error, requestId) => deps.onDefect(error, requestId),
  };
  const progressDeps: ProgressDeps = {
    clock: deps.clock,
    createId: createRequestIds(),
    onRecord: (record) => deps.onRecord(record),
  };
  return (exchange) => {
    const lease = deps.acquire();
    const progress = new Progress(exchange, lease, progressDeps);
    try {
      serve(exchange, lease.snapshot, progress, heads)?.catch((error: unknown) =>
        fail(deps, exchange, progress, error),
      );
    } catch (error) {
      fail(deps, exchange, progress, error);
    }
    return progress;
  };
}

/** Gives a promise only when the decision is not at hand. */
function serve(
  exchange: Exchange,
  snapshot: Snapshot,
  progress: Progress,
  heads: Heads,
): Promise<void> | undefined {
  const { facts } = exchange;
  if (exchange.refusal !== undefined) {
    progress.refuse(exchange.refusal);
    return undefined;
  }
  const path = exchange.readPath(facts.path);
  if (path === undefined || hasTooManyParameters(facts.query)) {
    progress.refuse(path === undefined ? ambiguousPath : tooManyParameters);
    return undefined;
  }
  const request = new MatchContext(facts, toRoutingPath(path));
  const route = snapshot.match(request);
  if (route === undefined) {
    progress.refuse(request.exhausted ? tooMuchWork : gatewayRefusals.no_route);
    return undefined;
  }
  progress.route = route;
  if (route.broken !== undefined) {
    progress.refuse(toBrokenRoute(route.broken));
    return undefined;
  }
  if (exchange.maxBodyBytes > 0 && exchange.body.announcedBytes > exchange.maxBodyBytes) {
    progress.refuse(gatewayRefusals.request_too_large);
    return undefined;
  }
  // The server gets the path that the rules have seen: no route is chosen by one path and used with another.
  const target = path === facts.path ? facts.target : toTarget(path, facts.target);
  const passed = passGuards(route.guards, facts);
  const context = new ForwardContext(exchange, route, target, progress, heads);
  if (passed instanceof Promise) return passed.then((late) => conclude(late, context));
  conclude(passed, context);
  return undefined;
}

function toTarget(path: string, received: string): string {
  const question = received.indexOf('?');
  return question < 0 ? path : path + received.slice(question);
}

function fail(deps: PipelineDeps, { answer }: Exchange, progress: Progress, error: unknown): void {
  deps.onDefect(error, progress.requestId);
  // Closed, not open: a request that could not be decided on does not pass.
  if (answer.begun) answer.cut();
  else progress.refuse(brokenRoute);
}

/** What becomes of headers in either direction. */
interface Heads {
  readonly toUpstreamHead: ToUpstreamHead;
  readonly toAnswerHead: ToAnswerHead;
  readonly onDefect: PipelineDeps['onDefect'];
}

/** A request that may be forwarded. A class, because one is made for every request. */
class ForwardContext {
  readonly exchange: Exchange;
  readonly route: Route;
  /** Path and query that the server gets. */
  readonly target: string;
  readonly progress: Progress;
  readonly heads: Heads;
  allows: readonly Allow[] = [];

  constructor(exchange: Exchange, route: Route, target: string, progress: Progress, heads: Heads) {
    this.exchange = exchange;
    this.route = route;
    this.target = target;
    this.progress = progress;
    this.heads = heads;
  }

  /** Only the last middleware's token reaches the server. */
  get renewsToken(): boolean {
    return this.route.guards.at(-1)?.renew !== undefined;
  }

  toHead(allows: readonly Allow[], picked: Picked): UpstreamHead {
    return this.heads.toUpstreamHead(this.exchange.facts, allows, picked, this.progress.requestId);
  }

  /** Nobody waits for what this throws, so it does not: without another token, the response goes to the caller. */
  renewHead(picked: Picked): MaybePromise<UpstreamHead | undefined> {
    const { allows, heads, progress } = this;
    const last = allows.at(-1);
    const toHead = (allow: Allow | undefined): UpstreamHead | undefined =>
      allow && this.toHead([...allows.slice(0, -1), allow], picked);
    const fail = (error: unknown): undefined => {
      heads.onDefect(error, progress.requestId);
      return undefined;
    };
    try {
      const renewed = last && this.route.guards.at(-1)?.renew?.(last);
      return renewed instanceof Promise ? renewed.then(toHead).catch(fail) : toHead(renewed);
    } catch (error) {
      fail(error);
    }
    return undefined;
  }
}

function conclude(passed: Passed, context: ForwardContext): void {
  const { exchange, route, target, progress, heads } = context;
  if ('allowed' in passed) {
    progress.refuse(passed);
    return;
  }
  // The caller may have gone away while the authorization server was asked.
  if (exchange.answer.over) return;
  progress.clientUsername = usernameOf(passed);
  const picked = route.upstream.pick(exchange.facts);
  if (picked === undefined) {
    progress.refuse(gatewayRefusals.upstream_unavailable);
    return;
  }
  context.allows = passed;
  progress.sent(picked);
  forward({
    body: exchange.body,
    answer: exchange.answer,
    method: exchange.facts.method,
    picked,
    target,
    head: context.toHead(passed, picked),
    toAnswerHead: heads.toAnswerHead,
    maxBodyBytes: exchange.maxBodyBytes,
    expectsContinue: exchange.expectsContinue,
    upgrade: exchange.upgrade,
    follower: progress,
    renewal: context.renewsToken ? context : undefined,
  });
}
