import { toProblem, toProblemHeaders } from '@grantgate/middleware/decision/problem';
import type { ExternalAuthConfig, EntryPointConfig } from '../../config/install.ts';
import { hasTooManyFields } from '../../entrypoints/message-framing.ts';
import { toHostName, withoutUserinfo } from '../../entrypoints/request-facts.ts';
import type { Passes } from '../../middlewares/passes.ts';
import { usernameOf } from '../../middlewares/passes.ts';
import type { StepResponse } from '../../middlewares/step.ts';
import { toShownClientId } from '../../pipeline/client-id.ts';
import type { PipelineDeps } from '../../pipeline/handle.ts';
import { decide, type Stop } from '../../pipeline/run-steps.ts';
import { SteppedRequest } from '../../pipeline/stepped-request.ts';
import { ambiguousPath, brokenRoute, gatewayRefusals, type Refusal } from '../../pipeline/refusals.ts';
import { readRequestId } from '../../pipeline/request-id.ts';
import type { RequestFacts } from '../../routing/facts.ts';
import { createReadPath } from '../../routing/request-path.ts';
import type { NamedSteps } from '../../snapshot/snapshot.ts';
import { createDecisionHeaders, findImpostors } from '../decision-headers.ts';
import { namesOf, valueOf } from '../raw-headers.ts';
import { refuseBroken, refuseUnknown } from '../refuse-middleware.ts';
import { isAmbiguousPath } from '../told-path.ts';
import type { CheckRequest } from './check-request.ts';
import { writeDeniedResponse, writeOkResponse } from './check-response.ts';

/** Answers one `Check`, with the bytes of a `CheckResponse`. Never rejects: what fails is refused. */
export type Authorize = (request: CheckRequest, isDraining: boolean) => Promise<Buffer>;

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
  const toHeaders = createDecisionHeaders(config);
  const credentials = config.credentialsHeader.toLowerCase();
  const allow = (asked: NamedSteps, request: CheckRequest, passes: Passes): Buffer => {
    const username = usernameOf(passes);
    const headers = toHeaders(passes);
    return writeOkResponse({
      headers: headers.pairs,
      remove: findImpostors(namesOf(request.rawHeaders), headers),
      metadata: { middleware: asked.routerName, ...(username !== undefined && { username }) },
    });
  };
  const deny = (refusal: Refusal, requestId: string): Buffer => {
    const status = config.statusMap.get(refusal.status) ?? refusal.status;
    return writeDeniedResponse({
      code: rpcCodes[refusal.status] ?? permissionDenied,
      status,
      headers: toProblemHeaders(refusal, requestId),
      body: toProblem({ ...refusal, status }, requestId),
    });
  };
  const respond = ({ status, headers, body }: StepResponse): Buffer =>
    writeDeniedResponse({
      code: rpcCodes[status] ?? permissionDenied,
      status: config.statusMap.get(status) ?? status,
      headers,
      body: body.toString(),
    });
  const refuse = (
    { path, rawHeaders }: RequestFacts,
    name: string | undefined,
    asked: NamedSteps | undefined,
  ): Refusal | undefined => {
    if (hasTooManyFields(rawHeaders, transport)) return gatewayRefusals.too_many_header_fields;
    if (asked === undefined) return refuseUnknown(name);
    return refuseBroken(asked) ?? (isAmbiguousPath(path, readPath) ? ambiguousPath : undefined);
  };
  return async (request, isDraining) => {
    const lease = deps.acquire();
    const startedAt = deps.clock.now();
    const begun = deps.clock.monotonic();
    const facts = toFacts(request, entryPoint);
    const requestId = readRequestId(facts.rawHeaders);
    const stepped = new CheckedRequest(facts, valueOf(facts.rawHeaders, credentials));
    let asked: NamedSteps | undefined;
    let stop: Stop = brokenRoute;
    try {
      const name = request.contextExtensions.get('middleware') ?? config.middleware;
      asked = name === undefined ? undefined : lease.snapshot.findSteps(name);
      stop = isDraining ? gatewayRefusals.gateway_draining : refuse(facts, name, asked);
      if (stop === undefined && asked !== undefined) stop = await decide(asked, stepped);
    } catch (error) {
      deps.onDefect(error, requestId);
      // Closed, not open: what could not be decided on does not pass.
      stop = brokenRoute;
    } finally {
      lease.release();
    }
    const refusal = stop !== undefined && 'code' in stop ? stop : undefined;
    const reply = stop !== undefined && 'response' in stop ? stop.response : undefined;
    const sent = refusal?.status ?? reply?.status ?? 200;
    deps.onRecord({
      facts,
      requestId,
      startedAt,
      durationMs: deps.clock.monotonic() - begun,
      originDurationMs: 0,
      status: stop === undefined ? 200 : (config.statusMap.get(sent) ?? sent),
      originStatus: 0,
      originBytes: 0,
      downstreamBytes: 0,
      httpVersion: /^HTTP\/(\d(?:\.\d)?)$/.exec(request.protocol)?.[1] ?? '-',
      routerName: asked?.routerName,
      serviceName: undefined,
      serverUrl: undefined,
      clientUsername:
        refusal === undefined
          ? usernameOf(stepped.passes)
          : refusal.clientId && toShownClientId(refusal.clientId),
      refusal,
      originFault: undefined,
    });
    if (reply !== undefined) return respond(reply);
    return refusal !== undefined || asked === undefined
      ? deny(refusal ?? brokenRoute, requestId)
      : allow(asked, request, stepped.passes);
  };
}

/** A caller's request as Envoy describes it. */
class CheckedRequest extends SteppedRequest {
  override readonly facts: RequestFacts;
  protected override readonly presentedAuthorization: string | undefined;

  constructor(facts: RequestFacts, authorization: string | undefined) {
    super(facts.target);
    this.facts = facts;
    this.presentedAuthorization = authorization;
  }
}

/** google.rpc.Code: UNAUTHENTICATED, NOT_FOUND, UNAVAILABLE, DEADLINE_EXCEEDED; for anything else PERMISSION_DENIED. */
const rpcCodes: Readonly<Partial<Record<number, number>>> = { 401: 16, 404: 5, 503: 14, 504: 4 };
const permissionDenied = 7;

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
    localPort: 0,
    // The address is Envoy's word, which has looked at X-Forwarded-For itself.
    trusted: false,
    authorization: valueOf(rawHeaders, 'authorization'),
  };
}
