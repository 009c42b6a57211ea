import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Allow } from '@grantgate/middleware/decision/decision';
import type { CheckConfig } from '../config/install.ts';
import { readNamedHeaders } from '../entrypoints/message-framing.ts';
import type { ReadFacts } from '../entrypoints/request-facts.ts';
import type { Clock } from '@grantgate/middleware/base/clock';
import type { PipelineDeps } from '../pipeline/handle.ts';
import type { RequestRecord } from '../pipeline/record.ts';
import { readRequestId } from '../pipeline/request-id.ts';
import type { RequestFacts } from '../routing/facts.ts';
import type { Check } from '../snapshot/snapshot.ts';
import { createAnswerHeaders } from './answer-headers.ts';
import { endOfName, mount } from './check-path.ts';
import { toOriginalFacts } from './original-request.ts';

/** Answers a request before anything is set up for it; false, with nothing done, for one that takes longer or is refused. */
export type AnswerAtOnce = (
  request: IncomingMessage,
  response: ServerResponse,
  readFacts: ReadFacts,
) => boolean;

/**
 * The short way for what nearly every check is: a request without a body whose answer is yes and in memory. Everything else
 * takes the long way, with the same result.
 */
export function createAnswerAtOnce(config: CheckConfig, deps: PipelineDeps): AnswerAtOnce {
  const toHeaders = createAnswerHeaders(config, ['Content-Length', '0']);
  // For each token: its answer; undefined where callers' headers have to be looked at more closely.
  const answers = new WeakMap<Allow, { readonly headers: string[] | undefined }>();
  const answerOf = (allow: Allow): string[] | undefined => {
    let answer = answers.get(allow);
    if (answer === undefined) {
      const headers = [...toHeaders([allow])];
      answer = { headers: hasUnderscore(headers) ? undefined : headers };
      answers.set(allow, answer);
    }
    return answer.headers;
  };
  if (config.credentialsHeader.toLowerCase() !== 'authorization') return () => false;
  return (request, response, readFacts) => {
    const { url = '' } = request;
    if (!url.startsWith(mount) || url.includes('#') || !isPlain(request)) return false;
    const named = readNamedHeaders(request);
    if (named === undefined) return false;
    const begun = deps.clock.monotonic();
    const lease = deps.acquire();
    try {
      const nameEnd = endOfName(url);
      const check = lease.snapshot.check(url.slice(mount.length, nameEnd));
      const only = check?.guards[0];
      if (check === undefined || only === undefined || check.guards.length > 1 || check.broken !== undefined)
        return false;
      const decision = only.decide(named);
      if (decision instanceof Promise || !decision.allowed) return false;
      const headers = answerOf(decision);
      if (headers === undefined) return false;
      response.sendDate = false;
      response.writeHead(200, headers);
      response.end();
      deps.onRecord(
        new AnsweredRecord(request, readFacts, deps.clock, {
          check,
          username: decision.subject.username,
          begun,
        }),
      );
      return true;
    } catch {
      // The long way meets the same fault, reports it and refuses.
      return response.headersSent;
    } finally {
      lease.release();
    }
  };
}

/** Neither a body nor an upgrade nor a header with `_`, which might have to be removed. */
function isPlain({ rawHeaders, method }: IncomingMessage): boolean {
  if (method === 'TRACE') return false;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (name.includes('_')) return false;
    const { length } = name;
    if ((length === 14 || length === 17) && bodyHeader.test(name) && rawHeaders[at + 1] !== '0') return false;
  }
  return true;
}

const bodyHeader = /^(?:content-length|transfer-encoding)$/i;

function hasUnderscore(headers: readonly string[]): boolean {
  return headers.some((name, at) => at % 2 === 0 && name.includes('_'));
}

/** The record of a check that was answered at once. What only a log asks for is worked out when it does. */
class AnsweredRecord implements RequestRecord {
  readonly durationMs: number;
  readonly originDurationMs = 0;
  readonly status = 200;
  readonly originStatus = 0;
  readonly originBytes = 0;
  readonly downstreamBytes = 0;
  readonly routerName: string;
  readonly serviceName = undefined;
  readonly serverUrl = undefined;
  readonly clientUsername: string | undefined;
  readonly refusal = undefined;
  readonly #request: IncomingMessage;
  readonly #readFacts: ReadFacts;
  readonly #clock: Clock;
  #facts: RequestFacts | undefined;
  #requestId: string | undefined;

  constructor(
    request: IncomingMessage,
    readFacts: ReadFacts,
    clock: Clock,
    answered: { readonly check: Check; readonly username: string | undefined; readonly begun: number },
  ) {
    this.#request = request;
    this.#readFacts = readFacts;
    this.#clock = clock;
    this.durationMs = clock.monotonic() - answered.begun;
    this.routerName = answered.check.routerName;
    this.clientUsername = answered.username;
  }

  get facts(): RequestFacts {
    if (this.#facts === undefined) {
      const read = this.#readFacts(this.#request);
      // It has been read strictly before.
      if (read === undefined) throw new TypeError('a request that was answered has no facts');
      this.#facts = toOriginalFacts(read, read.target.slice(endOfName(read.path)));
    }
    return this.#facts;
  }

  get requestId(): string {
    return (this.#requestId ??= readRequestId(this.#request.rawHeaders));
  }

  get startedAt(): number {
    return this.#clock.now() - this.durationMs;
  }

  get httpVersion(): string {
    return this.#request.httpVersion;
  }
}
