import { toProblem } from '@grantgate/middleware/decision/problem';
import { createRequestIds } from '@grantgate/middleware/decision/request-id';
import type { CheckConfig } from '../config/install.ts';
import type { Exchange } from '../pipeline/exchange.ts';
import { settle, type Handle, type PipelineDeps, type Way } from '../pipeline/handle.ts';
import { ambiguousPath, type Refusal } from '../pipeline/refusals.ts';
import { RequestContext, type RequestContextDeps } from '../pipeline/request-context.ts';
import { toRefusalAnswer } from '../pipeline/write-refusal.ts';
import { noTrailers } from '../proxy/answer.ts';
import type { RequestFacts } from '../routing/facts.ts';
import type { Check, Snapshot } from '../snapshot/snapshot.ts';
import { endOfName, mount } from './check-path.ts';
import { toOriginalFacts } from './original-request.ts';
import { createOkHeads } from './ok-heads.ts';
import { valueOf } from './raw-headers.ts';
import { refuseBroken, refuseUnknown } from './refuse-middleware.ts';
import { isAmbiguousPath, isPathTold } from './told-path.ts';

/**
 * Answers a proxy beside: any request to `/forward-auth/MIDDLEWARE`, and to any path below it, is a question whether the
 * caller's request may pass. Exactly 200 with an empty body for yes, with the headers to set; the refusal for no.
 */
export function createForwardAuthHandle(config: CheckConfig, deps: PipelineDeps): Handle {
  const toHead = createOkHeads(config);
  const credentials = config.credentialsHeader.toLowerCase();
  const contextDeps: RequestContextDeps = {
    clock: deps.clock,
    createId: createRequestIds(),
    onRecord: (record) => deps.onRecord(record),
    toAnswer: createToAnswer(config),
    toFacts,
    ...(credentials !== 'authorization' && {
      toAuthorization: ({ rawHeaders }: RequestFacts) => valueOf(rawHeaders, credentials),
    }),
  };
  const way: Way<Check> = {
    find: findCheck,
    pass({ exchange, passes }) {
      exchange.answer.begin(toHead(passes, exchange.facts));
      exchange.answer.end(undefined, false, noTrailers);
    },
    onDefect: (error, requestId) => deps.onDefect(error, requestId),
  };
  return (exchange) => {
    const lease = deps.acquire();
    const context = new RequestContext(exchange, lease, contextDeps);
    settle(context, lease.snapshot, way);
    return context;
  };
}

/** The middleware that a proxy asks. */
function findCheck(context: RequestContext, snapshot: Snapshot): Refusal | Check {
  const { exchange } = context;
  const { facts } = exchange;
  const name = nameIn(facts.path, endOfName(facts.path));
  const check = name === undefined ? undefined : lookUp(name, snapshot);
  context.route = check;
  if (exchange.refusal !== undefined) return exchange.refusal;
  if (check === undefined) return refuseUnknown(name && decode(name));
  return refuseBroken(check) ?? refusalOfPath(exchange, context.facts) ?? check;
}

/** The caller's request: what a proxy asks about is of interest, not its asking. */
const toFacts = (facts: RequestFacts): RequestFacts =>
  toOriginalFacts(facts, facts.target.slice(endOfName(facts.path)));

function refusalOfPath({ facts, readPath }: Exchange, original: RequestFacts): Refusal | undefined {
  return isPathTold(facts, original) && isAmbiguousPath(original.path, readPath) ? ambiguousPath : undefined;
}

/** The middleware's name as the path has it, which may be URL-encoded; undefined for a path that names none. */
const nameIn = (path: string, nameEnd: number): string | undefined =>
  path.startsWith(mount) ? path.slice(mount.length, nameEnd) : undefined;

const lookUp = (name: string, snapshot: Snapshot): Check | undefined =>
  snapshot.check(name) ?? (name.includes('%') ? snapshot.check(decode(name)) : undefined);

/** A name that is not valid URL encoding stays as it is. */
function decode(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** Refusals as the proxy can pass them on. */
function createToAnswer({ statusMap, problemHeader }: CheckConfig): typeof toRefusalAnswer {
  return (refusal, requestId) => {
    const status = statusMap.get(refusal.status);
    const sent: Refusal = status === undefined ? refusal : { ...refusal, status };
    const more =
      problemHeader === undefined
        ? []
        : [problemHeader, Buffer.from(toProblem(sent, requestId)).toString('latin1')];
    return toRefusalAnswer(sent, requestId, more);
  };
}
