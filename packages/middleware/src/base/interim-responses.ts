import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';

/** Maximum number of interim responses to skip before one response. */
const maxInterim = 100;

/** Maximum size of the head of an interim response, in bytes. */
const maxHeadBytes = 16 * 1024;

/** Code of the error when a server exceeds either limit. */
const tooManyInterimCode = 'ERR_TOO_MANY_INTERIM_RESPONSES';

type Connector = buildConnector.connector;

/**
 * Creates a connector for undici whose connections skip interim responses (RFC 9110 section 15.2), also several in a row:
 * undici's own parser fails on an unsolicited `100 Continue`. `101 Switching Protocols` is not skipped.
 */
export function skipInterimResponses(connector: Connector): Connector {
  // Typed as void, but returns the socket, which undici expects back.
  const connect: (...args: Parameters<Connector>) => unknown = connector;
  return (options, callback) =>
    connect(options, (...result: Parameters<typeof callback>) => {
      const [error, socket] = result;
      if (error === null) filterReads(socket);
      callback(...result);
    });
}

/**
 * Removes interim responses from what undici reads. undici reads from a socket only with `read()`, and sends one request at a
 * time: the first bytes after a write begin a response.
 */
function filterReads(socket: Socket): void {
  let atStart = false;
  let skipped = 0;
  let held: Buffer = nothing;
  const read = socket.read.bind(socket) as (size?: number) => Buffer | null;
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  const next = (): Buffer | null => {
    for (let part = read(); part !== null; part = read()) {
      held = held.length === 0 ? part : Buffer.concat([held, part]);
      let found = findInterimHead(held);
      for (; typeof found === 'number'; found = findInterimHead(held)) {
        held = held.subarray(found);
        skipped += 1;
      }
      if (found === 'none') {
        const rest = held;
        held = nothing;
        atStart = false;
        return rest;
      }
      if (skipped > maxInterim || held.length > maxHeadBytes)
        socket.destroy(Object.assign(new Error(), { code: tooManyInterimCode }));
    }
    return null;
  };
  // With a size, the call comes from the stream itself.
  socket.read = (size?: number) => (atStart && size === undefined ? next() : read(size));
  socket.write = (...args: unknown[]) => {
    if (!atStart) skipped = 0;
    atStart = true;
    return write(...args);
  };
}

const nothing = Buffer.alloc(0);

const interimStart = /^HTTP\/1\.[01] 1(?!01)\d\d[ \r]/;
const interimExample = 'HTTP/1.1 100 ';

/** Length of the interim head at the start of the bytes; `none` when they start with anything else. */
function findInterimHead(bytes: Buffer): number | 'partial' | 'none' {
  const start = bytes.toString('latin1', 0, interimExample.length);
  const completed = start + interimExample.slice(start.length);
  if (!interimStart.test(completed)) return 'none';
  const end = bytes.indexOf('\r\n\r\n', 0, 'latin1');
  return end < 0 ? 'partial' : end + 4;
}
