import { connect, constants } from 'node:http2';
import { basic, callers } from '../http/grantgate.mjs';
import { grpcBody, grpcPath } from './cases.mjs';

const authorization = basic(callers);

/** One request on its own HTTP/2 connection: response headers, trailers, body. */
async function ask(origin, headers, body) {
  const session = connect(origin, { rejectUnauthorized: false });
  try {
    return await new Promise((resolve, reject) => {
      session.once('error', reject);
      const stream = session.request(headers, { endStream: body === undefined });
      const parts = [];
      const heads = {};
      stream
        .on('response', (head) => (heads.head = head))
        .on('trailers', (trailers) => (heads.trailers = trailers))
        .on('data', (part) => parts.push(part))
        .on('error', reject)
        .on('end', () => resolve({ ...heads, body: Buffer.concat(parts) }));
      if (body !== undefined) stream.end(body);
    });
  } finally {
    session.destroy();
  }
}

/**
 * Fails unless a contender does its work with each protocol of the cases: the service receives the token, callers without
 * credentials are refused, and a gRPC call ends with status 0.
 */
export async function checkContender({ name, ports, sends, authenticates = false }, server, cases) {
  const fail = (what) => {
    throw new Error(`${name}: ${what}`);
  };
  const expectToken = (credentials, way) => {
    const token = /^Bearer (.+)$/.exec(credentials)?.[1] ?? '';
    const allWell =
      sends === undefined ? credentials === authorization : server.clientOf(token) === sends.clientId;
    if (!allWell) fail(`${way}: the service does not get the credentials that it should`);
  };
  for (const [way, origin] of [
    ['h2c', `http://127.0.0.1:${ports.h2c}`],
    ['tls', `https://127.0.0.1:${ports.tls}`],
  ]) {
    if (!cases.some(({ port }) => port === way)) continue;
    const { head, body } = await ask(origin, { ':path': '/check', authorization });
    if (head[':status'] !== constants.HTTP_STATUS_OK) fail(`${way}: status ${head[':status']}`);
    expectToken(body.toString().split('\n')[0], way);
    if (!authenticates) continue;
    const refused = await ask(origin, { ':path': '/check' });
    if (refused.head[':status'] !== constants.HTTP_STATUS_UNAUTHORIZED)
      fail(`${way}: status ${refused.head[':status']} without credentials`);
  }
  if (!cases.some(({ grpc }) => grpc)) return;
  const { head, trailers, body } = await ask(
    `http://127.0.0.1:${ports.h2c}`,
    {
      ':method': 'POST',
      ':path': grpcPath,
      'content-type': 'application/grpc',
      te: 'trailers',
      'x-check': '1',
      authorization,
    },
    grpcBody,
  );
  if (trailers?.['grpc-status'] !== '0')
    fail(`gRPC status ${trailers?.['grpc-status'] ?? head['grpc-status'] ?? 'none'}`);
  expectToken(body.subarray(5).toString(), 'gRPC');
}
