import { valueIn } from '../http1/message/header-list.ts';
import type { StepBody, WholeBody } from '../middlewares/step.ts';
import type { CallerBody } from '../http1/message/caller-body.ts';
import type { RequestFacts } from '../routing/facts.ts';
import type { IncomingRequest } from '../proxy/incoming-request.ts';

/** Whether a request has a body: with an announced length, in chunks, or in HTTP/2 frames. */
export const hasBody = (facts: RequestFacts, { announcedBytes }: CallerBody): boolean =>
  announcedBytes > 0 ||
  facts.streamsBody === true ||
  valueIn(facts.rawHeaders, 'transfer-encoding') !== undefined;

/** The body of a request for a step that reads it; undefined without one. @param read the body if an earlier step has read it. */
export function createStepBody(incoming: IncomingRequest, read: WholeBody | undefined): StepBody | undefined {
  const { response, expectsContinue, maxBodyBytes, facts } = incoming;
  const body = read?.body ?? incoming.body;
  if (!hasBody(facts, body) || incoming.upgrade !== undefined) return undefined;
  return {
    announcedBytes: body.announcedBytes,
    get takenBytes() {
      return body.takenBytes;
    },
    maxBytes: maxBodyBytes,
    whole: () => body.whole(),
    read(onPart, onEnd) {
      if (expectsContinue && read === undefined) response.continue();
      body.read(onPart, onEnd);
    },
    pause: () => body.pause(),
    resume: () => body.resume(),
    stop: () => body.stop(),
    onClose: (told) => response.onClose(told),
  };
}
