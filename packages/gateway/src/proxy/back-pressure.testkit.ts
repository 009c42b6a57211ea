export const mebibyte: Buffer = Buffer.alloc(1024 * 1024, 'x');
/** Number of MiB to write: more than all buffers on the way can hold. */
export const total = 64;

/** Writes while the stream accepts data, until `total` MiB or until it has accepted none for some turns of the event loop. */
export async function writeUntilFull(stream: NodeJS.WritableStream): Promise<number> {
  let written = 0;
  while (written < total) {
    written += 1;
    if (stream.write(mebibyte)) continue;
    if (!(await drainsWithin(stream, 200))) break;
  }
  return written;
}

/** Whether the stream drains within that many turns of other work on the same event loop. */
async function drainsWithin(stream: NodeJS.WritableStream, turns: number): Promise<boolean> {
  const drained = new Promise<boolean>((resolve) => stream.once('drain', () => resolve(true)));
  const waited = async (): Promise<boolean> => {
    for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    return false;
  };
  return Promise.race([drained, waited()]);
}
