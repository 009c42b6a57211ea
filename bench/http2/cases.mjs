import { shortAnswer } from '../http/cases.mjs';

/** The method that gRPC callers call; it returns its message. */
export const grpcPath = '/echo.Echo/Unary';
const short = '/28B';
/** Connections that callers without HTTP/2 keep. */
const kept = 32;
const streams = ['-c1', '-m32'];

/**
 * Number of new connections, and the milliseconds in which they are opened, all with full handshakes: h2load keeps no TLS session.
 */
const newConnections = { count: 10, everyMs: 20 };
const handshakes = (seconds) => {
  const count = Math.round((seconds * 1000 * newConnections.count) / newConnections.everyMs);
  const rate = [`-r${newConnections.count}`, `--rate-period=${newConnections.everyMs}ms`];
  return [`-n${count}`, `-c${count}`, ...rate, '--h1'];
};

const during = (seconds) => [`-D${seconds}`];

/**
 * Every case by its name: the `port` of the contender, and the program that sends the requests. `args` are those of h2load for a
 * turn of that many seconds.
 */
export const cases = new Map(
  Object.entries({
    'h2c-32-streams': { port: 'h2c', args: (seconds) => [...during(seconds), ...streams] },
    'h2-tls-32-streams': { port: 'tls', args: (seconds) => [...during(seconds), ...streams] },
    'tls-keepalive': { port: 'tls', connections: kept, headers: {} },
    'tls-handshake': { port: 'tls', args: handshakes },
    'plain-keepalive': { port: 'plain', connections: kept, headers: {} },
    'plain-new': { port: 'plain', connections: kept, headers: { Connection: 'close' } },
    'grpc-unary': {
      port: 'h2c',
      path: grpcPath,
      grpc: true,
      args: (seconds) => [...during(seconds), ...streams],
    },
  }).map(([name, one]) => [name, { name, path: short, answerBytes: shortAnswer, ...one }]),
);

/** The body of a gRPC request: one uncompressed message of 16 bytes. */
export const grpcBody = Buffer.concat([Buffer.from([0, 0, 0, 0, 16]), Buffer.alloc(16, 'x')]);
