import type { ExternalAuthConfig, EntryPointConfig } from '../../config/entry-point-config.ts';
import { hasTooManyFields } from '../../http1/message/header-lines.ts';
import { toHostName, withoutUserinfo } from '../../http1/message/authority.ts';
import { usernameOf } from '../../middlewares/step-changes.ts';
import type { Step } from '../../middlewares/step.ts';
import { toShownClientId } from '../../pipeline/client-id.ts';
import type { PipelineDeps } from '../../pipeline/handle.ts';
import { decide, type EarlyResponse } from '../../pipeline/run-steps.ts';
import { StepContext } from '../../pipeline/step-context.ts';
import type { RequestRecord } from '../../pipeline/record.ts';
import type { RequestTrace } from '../../pipeline/request-trace.ts';
import type { Refusal } from '../../middlewares/refusal.ts';
import { ambiguousPath, brokenRoute, gatewayRefusals } from '../../pipeline/refusals.ts';
import { readRequestId } from '../../pipeline/request-id.ts';
import type { RequestFacts } from '../../routing/facts.ts';
import { createReadPath } from '../../routing/request-path.ts';
import type { StepChain } from '../../snapshot/snapshot.ts';
import { valueIn } from '../../http1/message/header-list.ts';
import { refuseBroken, refuseUnknown } from '../refuse-middleware.ts';
import { isAmbiguousPath } from '../original-request.ts';
import type { CheckRequest } from './check-request.ts';
import { createDecisionResponses } from './decision-responses.ts';

/**
 * Responds to a `Check` with the bytes of a `CheckResponse`. Never rejects: a failure becomes a refusal.
 *
 * @param traceHeaders `traceparent` and `tracestate` of the call itself, name and value in turn; empty for none.
 */
export type Authorize = (
  request: CheckRequest,
  isDraining: boolean,
  traceHeaders: readonly string[],
) => Promise<Buffer>;

export function createAuthorize(
  {
    name: entryPoint,
    encodedCharacters,
    transport,
  }: Pick<EntryPointConfig, 'name' | 'encodedCharacters' | 'transport'>,
  config: ExternalAuthConfig,
  deps: PipelineDeps,
): Authorize {
  const readPath = createReadPath(encodedCharacters);
  const responses = createDecisionResponses(config);
  const credentials = config.credentialsHeader.toLowerCase();
  const refuse = (
    { path, rawHeaders }: RequestFacts,
    name: string | undefined,
    chain: StepChain | undefined,
  ): Refusal | undefined => {
    if (hasTooManyFields(rawHeaders, transport)) return gatewayRefusals.too_many_header_fields;
    if (chain === undefined) return refuseUnknown(name);
    return refuseBroken(chain) ?? (isAmbiguousPath(path, readPath) ? ambiguousPath : undefined);
  };
  return async (request, isDraining, traceHeaders) => {
    const lease = deps.acquire();
    const startedAt = deps.clock.now();
    const begun = deps.clock.monotonic();
    const facts = toFacts(request, entryPoint);
    const requestId = readRequestId(facts.rawHeaders);
    // The span of the check, or that of the request when Envoy does not trace checks.
    const trace = deps.startTrace?.(
      traceHeaders.length === 0 ? facts : { ...facts, rawHeaders: traceHeaders },
    );
    const stepped = new AuthorizationContext(facts, valueIn(facts.rawHeaders, credentials), trace);
    let chain: StepChain | undefined;
    let stop: EarlyResponse = brokenRoute;
    try {
      const name = request.contextExtensions.get('middleware') ?? config.middleware;
      chain = name === undefined ? undefined : lease.snapshot.findSteps(name);
      stop = isDraining ? gatewayRefusals.gateway_draining : refuse(facts, name, chain);
      if (stop === undefined && chain !== undefined) stop = await decide(chain, stepped);
    } catch (error) {
      deps.onDefect(error, requestId);
      // Fail closed: without a decision, a request is refused.
      stop = brokenRoute;
    } finally {
      if (chain?.followsEnds === true) stepped.end(chain.steps, stop === undefined ? 200 : statusOf(stop));
      lease.release();
    }
    const refusal = stop !== undefined && 'code' in stop ? stop : undefined;
    const reply = stop !== undefined && 'response' in stop ? stop.response : undefined;
    const clientUsername =
      refusal === undefined
        ? usernameOf(stepped.changes)
        : refusal.clientId && toShownClientId(refusal.clientId);
    const record: RequestRecord = {
      ...unforwarded,
      facts,
      requestId,
      startedAt,
      startedMonotonic: begun,
      durationMs: deps.clock.monotonic() - begun,
      status: stop === undefined ? 200 : responses.statusOf(refusal ?? reply ?? brokenRoute),
      httpVersion: /^HTTP\/(\d(?:\.\d)?)$/.exec(request.protocol)?.[1] ?? '-',
      routerName: chain?.routerName,
      secretNames: chain?.secretNames,
      clientUsername,
      refusal,
      trace,
    };
    trace?.ended(record);
    deps.onRecord(record);
    if (reply !== undefined) return responses.reply(reply);
    return refusal !== undefined || chain === undefined
      ? responses.deny(refusal ?? brokenRoute, requestId)
      : responses.allow(chain, request, stepped.changes);
  };
}

const statusOf = (stop: NonNullable<EarlyResponse>): number =>
  'response' in stop ? stop.response.status : stop.status;

/** Fields of the record of a request that is not forwarded. */
const unforwarded = {
  originDurationMs: 0,
  originStatus: 0,
  originBytes: 0,
  requestBytes: 0,
  downstreamBytes: 0,
  serviceName: undefined,
  serverUrl: undefined,
  originFault: undefined,
  retryAttempts: 0,
} as const;

/** A caller's request as Envoy describes it. */
class AuthorizationContext extends StepContext {
  override readonly isOver = false;
  override readonly facts: RequestFacts;
  protected override readonly presentedAuthorization: string | undefined;

  readonly #trace: RequestTrace | undefined;

  constructor(facts: RequestFacts, authorization: string | undefined, trace: RequestTrace | undefined) {
    super(facts.target);
    this.#trace = trace;
    this.facts = facts;
    this.presentedAuthorization = authorization;
  }

  override get trace(): RequestTrace | undefined {
    return this.#trace;
  }

  // Chains with steps that change the path have been refused before.
  protected override readTarget(target: string): string {
    return target;
  }

  end(steps: readonly Step[], status: number): void {
    this.ended(steps, status);
  }
}

function toFacts(request: CheckRequest, entryPoint: string): RequestFacts {
  const { rawHeaders, path: target } = request;
  const authority = withoutUserinfo(request.host);
  const question = target.indexOf('?');
  return {
    entryPoint,
    method: request.method,
    target,
    path: question < 0 ? target : target.slice(0, question),
    query: question < 0 ? '' : target.slice(question + 1),
    host: toHostName(authority),
    authority,
    scheme: request.scheme === 'https' ? 'https' : 'http',
    rawHeaders,
    reusesHeaders: false,
    remoteAddress: request.sourceAddress,
    remotePort: request.sourcePort,
    // The address comes from Envoy, which has already evaluated X-Forwarded-For.
    trusted: false,
    tls: undefined,
    authorization: valueIn(rawHeaders, 'authorization'),
  };
}
