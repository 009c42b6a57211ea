import type { IncomingRequest } from '../proxy/incoming-request.ts';

/** Maximum size of the body of an action, in bytes. */
export const maxBodyBytes = 16 * 1024;

/** The body of a request for an action; undefined when it exceeds the limit. */
export function readBody({
  body,
  response,
  expectsContinue,
}: Pick<IncomingRequest, 'body' | 'response' | 'expectsContinue'>): Promise<string | undefined> {
  if (expectsContinue) response.continue();
  if (body.announcedBytes > maxBodyBytes) return Promise.resolve(undefined);
  const whole = body.whole();
  if (whole !== undefined) return Promise.resolve(whole.toString());
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    body.read(
      (part) => {
        bytes += part.length;
        if (bytes > maxBodyBytes) {
          body.stop();
          resolve(undefined);
          // The memory of the part may be reused.
        } else parts.push(Buffer.from(part));
      },
      () => resolve(Buffer.concat(parts).toString()),
    );
  });
}
