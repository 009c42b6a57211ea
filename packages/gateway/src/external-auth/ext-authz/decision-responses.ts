import { toProblem, toProblemHeaders } from '@grantgate/middleware/decision/problem';
import type { ExternalAuthConfig } from '../../config/entry-point-config.ts';
import type { StepChanges } from '../../middlewares/step-changes.ts';
import { usernameOf } from '../../middlewares/step-changes.ts';
import type { StepResponse } from '../../middlewares/step.ts';
import type { Refusal } from '../../middlewares/refusal.ts';
import type { StepChain } from '../../snapshot/snapshot.ts';
import { createDecisionHeaders, findImpostors } from '../decision-headers.ts';
import { namesIn } from '../../http1/message/header-list.ts';
import type { CheckRequest } from './check-request.ts';
import { writeDeniedResponse, writeOkResponse } from './check-response.ts';

/** Encodes decisions for Envoy, as the bytes of a `CheckResponse`. */
export interface DecisionResponses {
  allow(chain: StepChain, request: CheckRequest, changes: StepChanges): Buffer;
  deny(refusal: Refusal, requestId: string): Buffer;
  /** A step's own response, such as a redirect. */
  reply(response: StepResponse): Buffer;
  /** The status that Envoy sends for a refusal or a step's response. */
  statusOf(response: { readonly status: number }): number;
}

export function createDecisionResponses(config: ExternalAuthConfig): DecisionResponses {
  const toHeaders = createDecisionHeaders(config);
  const statusOf = ({ status }: { readonly status: number }): number =>
    config.statusMap.get(status) ?? status;
  return {
    allow(chain, request, changes) {
      const username = usernameOf(changes);
      const headers = toHeaders(changes);
      return writeOkResponse({
        headers: headers.pairs,
        remove: findImpostors(namesIn(request.rawHeaders), headers),
        metadata: { middleware: chain.routerName, ...(username !== undefined && { username }) },
      });
    },
    deny(refusal, requestId) {
      const status = statusOf(refusal);
      return writeDeniedResponse({
        code: toRpcCode(refusal.status),
        status,
        headers: toProblemHeaders(refusal, requestId),
        body: toProblem({ ...refusal, status }, requestId),
      });
    },
    reply: (response) =>
      writeDeniedResponse({
        code: toRpcCode(response.status),
        status: statusOf(response),
        headers: response.headers,
        body: response.body.toString(),
      }),
    statusOf,
  };
}

/** google.rpc.Code: UNAUTHENTICATED, NOT_FOUND, UNAVAILABLE, DEADLINE_EXCEEDED; for anything else PERMISSION_DENIED. */
const rpcCodes: Readonly<Partial<Record<number, number>>> = { 401: 16, 404: 5, 503: 14, 504: 4 };
const permissionDenied = 7;

const toRpcCode = (status: number): number => rpcCodes[status] ?? permissionDenied;
