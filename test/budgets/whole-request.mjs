import { EventEmitter } from 'node:events';
import { createActivity } from '../../packages/gateway/dist/entrypoints/activity.js';
import { createResponseTexts } from '../../packages/gateway/dist/http1/server/response-texts.js';
import { CallerConnection } from '../../packages/gateway/dist/http1/server/caller-connection.js';
import { openConnection } from '../../packages/gateway/dist/http1/client/connection.js';
import { createDeadlines } from '../../packages/gateway/dist/http1/message/deadlines.js';
import { createReadBuffers } from '../../packages/gateway/dist/http1/message/read-buffers.js';
import { toRequestHead } from '../../packages/gateway/dist/http1/client/request-head.js';
import { toAccessLog } from '../../packages/gateway/dist/config/access-log-config.js';
import { accessLogSchema } from '../../packages/gateway/dist/config/access-log-config.js';
import { createAccessLogLine } from '../../packages/gateway/dist/observe/access-log.js';
import { createHandle } from '../../packages/gateway/dist/pipeline/handle.js';
import { createReadPath } from '../../packages/gateway/dist/routing/request-path.js';

/** Accepts all written bytes at once, as the system nearly always does; allocations of Node.js for a socket do not count. */
class InstantSocket extends EventEmitter {
  writableLength = 0;
  destroyed = false;
  #onText;

  constructor(onText) {
    super();
    this.#onText = onText;
  }

  _write(text, _encoding, written) {
    // A response requires that the request was sent.
    written();
    this.#onText(text);
  }

  pause() {}
  resume() {}
}

const answer = Buffer.from(
  `HTTP/1.1 200 OK\r\nServer: orders\r\nContent-Type: text/plain\r\nContent-Length: 28\r\n\r\n${'x'.repeat(28)}`,
);

/** Durations always have the same number of digits. */
const clock = {
  now: () => 1_790_000_000_000,
  monotonic: () => (time = (time + 0.25) % 1000),
  after: () => ({ cancel() {} }),
};
let time = 0;

/**
 * The complete path of one request through a gateway, from the bytes of a caller to the bytes of the response and the line in the
 * access log, on connections that have served others. Returns a function that sends one.
 *
 * @param decide of the last middleware.
 * @param before steps that come before it.
 */
export function createWholeRequest(decide, before = []) {
  const route = createRoute([...before, { name: 'auth@file', onRequest: decide }]);
  const lease = { snapshot: { match: () => route }, release() {} };
  const toLine = createAccessLogLine(toAccessLog(accessLogSchema.parse({ format: 'json' }), String));
  let lines = 0;
  const handle = createHandle({
    clock,
    acquire: () => lease,
    onRecord(record) {
      if (record.status === 200 && toLine(record).length > 0) lines += 1;
    },
    onDefect(error) {
      throw error;
    },
  });
  let received = '';
  const onBytes = openCaller(handle, (text) => (received = text));
  return {
    opened: () => new Promise((resolve) => setImmediate(() => setImmediate(resolve))),
    send(bytes) {
      received = '';
      const before = lines;
      onBytes(bytes, true);
      if (lines !== before + 1 || !received.startsWith('HTTP/1.1 200 OK\r\n')) throw new Error('no answer');
    },
  };
}

function createRoute(steps) {
  const connections = createConnections();
  const server = { url: 'http://10.0.0.1:8080', authority: '10.0.0.1:8080', basePath: '', connections };
  const picked = { server, serviceName: 'orders@file', passHostHeader: true, setCookies: [] };
  return {
    routerName: 'api@file',
    serviceName: 'orders@file',
    steps,
    changesResponses: steps.some(({ onResponse }) => onResponse !== undefined),
    followsEnds: false,
    upstream: { pick: () => picked },
    broken: undefined,
  };
}

/** The connections to an upstream that responds at once: never more than one. */
function createConnections() {
  const limits = { connectMs: 0, headMs: 60_000, bodyIdleMs: 0, idleMs: 90_000, maxHeadBytes: 65_536 };
  const deadlines = createDeadlines(clock, 500);
  let answerWith;
  let free;
  const connection = openConnection(
    {
      limits,
      deadlines,
      buffers: createReadBuffers(),
      dialer: {
        dial(reader, onOpen) {
          reader.buffer();
          answerWith = (bytes) => reader.onBytes(bytes.length, bytes);
          setImmediate(onOpen);
          return new InstantSocket(() => answerWith(answer));
        },
      },
      onIdle: (idle) => (free = idle),
      onGone() {},
    },
    false,
  );
  free = connection;
  return { dispatch: (request, handler) => free.send(request, toRequestHead(request, true), handler) };
}

/** A caller's connection. Returns the function that receives the bytes that it sends. */
function openCaller(handle, onAnswer) {
  const deadlines = createDeadlines(clock, 500);
  let onBytes;
  new CallerConnection(
    new InstantSocket(onAnswer),
    { remoteAddress: '192.0.2.7', remotePort: 40_000, trusted: false },
    0,
    {
      config: {
        name: 'web',
        tls: undefined,
        transport: { maxHeaderBytes: 65_536, maxBodyBytes: 0, readTimeoutMs: 60_000, idleTimeoutMs: 180_000 },
      },
      activity: createActivity(),
      handle,
      readPath: createReadPath({
        slash: false,
        backSlash: false,
        nullCharacter: false,
        semicolon: true,
        percent: true,
        questionMark: true,
        hash: true,
      }),
      deadlines,
      texts: createResponseTexts(clock),
      keepAlive: 'Connection: keep-alive\r\nKeep-Alive: timeout=180\r\n',
      readFrom(_socket, told) {
        onBytes = told;
        return { release() {}, stop() {} };
      },
      idle: new Set(),
      toNodeFallback() {
        throw new Error('not a request of the plain form');
      },
    },
  );
  return onBytes;
}
