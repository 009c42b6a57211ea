import { valueIn } from '../middlewares/header-lists.ts';
import type { StepBody, WholeBody } from '../middlewares/step.ts';
import type { IncomingRequest } from '../proxy/incoming-request.ts';

/** The body of a request for a step that reads it; undefined without one. @param read the body as a step before has read it. */
export function createStepBody(incoming: IncomingRequest, read: WholeBody | undefined): StepBody | undefined {
  const { response, expectsContinue, maxBodyBytes, facts } = incoming;
  const body = read?.body ?? incoming.body;
  const isEmpty = body.announcedBytes === 0 && valueIn(facts.rawHeaders, 'transfer-encoding') === undefined;
  if (isEmpty || incoming.upgrade !== undefined) return undefined;
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
