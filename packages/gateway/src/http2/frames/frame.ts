/** RFC 9113 section 6. */
export const frameTypes = Object.freeze({
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
});

export const frameFlags = Object.freeze({ endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 0x20 });

/** Bytes of the head of a frame (RFC 9113 section 4.1). */
export const frameHeadBytes = 9;

/** Payload of PRIORITY, and bytes of HEADERS before its block with the flag of that name. */
export const priorityBytes = 5;

/** Largest payload that either side accepts unless it announces a larger one, and the one that we announce, in bytes. */
export const defaultMaxFrameSize = 16_384;

/** Largest flow-control window (RFC 9113 section 6.9.1), in bytes. */
export const maxWindow = 2 ** 31 - 1;

/** Window of a stream and of a connection before either side changes it, in bytes. */
export const defaultWindow = 65_535;

/** The first bytes of a client's connection (RFC 9113 section 3.4). */
export const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
