import type { Clock } from '@grantgate/middleware/base/clock';
import type { Check, Route } from '../snapshot/snapshot.ts';
import type { Picked } from '../upstream/upstream.ts';
import type { Exchange } from './exchange.ts';
import type { RequestRecord } from './record.ts';
import type { Refusal } from './refusals.ts';
import { readRequestId } from './request-id.ts';
import { writeRefusal } from './write-refusal.ts';

/** What is known of a request while it is under way. */
export interface Progress {
  readonly requestId: string;
  route: Route | Check | undefined;
  username: string | undefined;
  sent(picked: Picked): void;
  answered(status: number): void;
  passedOn(bytes: number): void;
  refuse(refusal: Refusal): void;
}

/**
 * Follows one request; `onEnd` is told exactly once, when the caller has its answer or has gone away.
 *
 * @param write writes a refusal and gives its body's size in bytes.
 */
export function createProgress(
  exchange: Exchange,
  clock: Clock,
  onEnd: (record: RequestRecord) => void,
  write: typeof writeRefusal = writeRefusal,
): Progress {
  const { answer, facts, httpVersion, upgrade } = exchange;
  const startedAt = clock.now();
  const begun = clock.monotonic();
  const requestId = readRequestId(facts.rawHeaders);
  let picked: Picked | undefined;
  let sentAt = 0;
  let originStatus = 0;
  let originBytes = 0;
  let refusalBytes = 0;
  let refused: Refusal | undefined;
  const progress: Progress = {
    requestId,
    route: undefined,
    username: undefined,
    sent(chosen) {
      picked = chosen;
      sentAt = clock.monotonic();
    },
    answered: (status) => void (originStatus = status),
    passedOn: (bytes) => void (originBytes += bytes),
    refuse(refusal) {
      if (answer.over || answer.begun) return;
      refused = refusal;
      refusalBytes = write(answer, refusal, requestId);
    },
  };
  const end = (): void => {
    const now = clock.monotonic();
    const answered = answer.begun || originStatus === 101;
    onEnd({
      facts,
      requestId,
      startedAt,
      durationMs: now - begun,
      originDurationMs: picked === undefined ? 0 : now - sentAt,
      status: originStatus === 101 ? 101 : answered ? answer.status : callerGone,
      originStatus,
      originBytes,
      downstreamBytes: originBytes + refusalBytes,
      httpVersion,
      routerName: progress.route?.routerName,
      serviceName: picked?.serviceName ?? progress.route?.serviceName,
      serverUrl: picked?.server.url,
      clientUsername: progress.username,
      refusal: answered ? refused : undefined,
    });
  };
  // A WebSocket's connection has left the response behind.
  if (upgrade === undefined) answer.onClose(end);
  else upgrade.socket.once('close', end);
  return progress;
}

/** As nginx and Traefik log it. */
const callerGone = 499;
