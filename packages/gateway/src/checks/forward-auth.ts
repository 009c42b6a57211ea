import { toProblem } from '@grantgate/middleware/decision/problem';
import { createRequestIds } from '@grantgate/middleware/decision/request-id';
import type { CheckConfig } from '../config/install.ts';
import type { Exchange } from '../pipeline/exchange.ts';
import type { Handle, PipelineDeps } from '../pipeline/handle.ts';
import { type Passed, passGuards, usernameOf } from '../pipeline/pass-guards.ts';
import { Progress, type ProgressDeps } from '../pipeline/progress.ts';
import { ambiguousPath, brokenRoute, type Refusal } from '../pipeline/refusals.ts';
import { toRefusalAnswer } from '../pipeline/write-refusal.ts';
import { noTrailers } from '../proxy/answer.ts';
import type { RequestFacts } from '../routing/facts.ts';
import type { Check, Snapshot } from '../snapshot/snapshot.ts';
import { endOfName, mount } from './check-path.ts';
import { toOriginalFacts } from './original-request.ts';
import { createOkHeads, type ToOkHead } from './ok-heads.ts';
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
  const progressDeps: ProgressDeps = {
    clock: deps.clock,
    createId: createRequestIds(),
    onRecord: (record) => deps.onRecord(record),
    toAnswer: createToAnswer(config),
    toFacts,
  };
  return (exchange) => {
    const lease = deps.acquire();
    const { facts } = exchange;
    const nameEnd = endOfName(facts.path);
    const progress = new Progress(exchange, lease, progressDeps);
    const fail = (error: unknown): void => {
      deps.onDefect(error, progress.requestId);
      // Closed, not open: what could not be decided on does not pass.
      if (exchange.answer.begun) exchange.answer.cut();
      else progress.refuse(brokenRoute);
    };
    try {
      const name = nameIn(facts.path, nameEnd);
      const check = name === undefined ? undefined : findCheck(name, lease.snapshot);
      progress.route = check;
      const unusable = check === undefined ? refuseUnknown(name && decode(name)) : refuseBroken(check);
      const refusal = exchange.refusal ?? unusable ?? refusalOfPath(exchange, progress.facts);
      if (check === undefined || refusal !== undefined) progress.refuse(refusal ?? brokenRoute);
      else {
        const authorization =
          credentials === 'authorization' ? facts.authorization : valueOf(facts.rawHeaders, credentials);
        const passed = passGuards(check.guards, { authorization });
        if (passed instanceof Promise)
          passed.then((late) => conclude(exchange, toHead, progress, late)).catch(fail);
        else conclude(exchange, toHead, progress, passed);
      }
    } catch (error) {
      fail(error);
    }
    return progress;
  };
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

const findCheck = (name: string, snapshot: Snapshot): Check | undefined =>
  snapshot.check(name) ?? (name.includes('%') ? snapshot.check(decode(name)) : undefined);

/** A name that is not valid URL encoding stays as it is. */
function decode(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function conclude({ answer, facts }: Exchange, toHead: ToOkHead, progress: Progress, passed: Passed): void {
  if ('allowed' in passed) {
    progress.refuse(passed);
    return;
  }
  // The proxy may have gone away while the authorization server was asked.
  if (answer.over) return;
  progress.clientUsername = usernameOf(passed);
  answer.begin(toHead(passed, facts));
  answer.end(undefined, false, noTrailers);
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
