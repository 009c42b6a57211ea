export const mebibyte: Buffer = Buffer.alloc(1024 * 1024, 'x');
/** MiB that are tried: more than all buffers on the way hold together. */
export const total = 64;

/** Writes as the stream takes it, until `total` MiB or until it has not taken any for some turns of the event loop. */
export async function writeUntilFull(stream: NodeJS.WritableStream): Promise<number> {
  let written = 0;
  while (written < total) {
    written += 1;
    if (stream.write(mebibyte)) continue;
    if (!(await drainsWithin(stream, 200))) break;
  }
  return written;
}

/** Whether the stream drains while other work on the same loop goes on for that many turns. */
async function drainsWithin(stream: NodeJS.WritableStream, turns: number): Promise<boolean> {
  const drained = new Promise<boolean>((resolve) => stream.once('drain', () => resolve(true)));
  const waited = async (): Promise<boolean> => {
    for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    return false;
  };
  return Promise.race([drained, waited()]);
}
