import { writeFileSync } from 'node:fs';
import { basic, callers } from '../http/grantgate.mjs';
import { measureTurn } from '../http/turn.mjs';
import { runH2load } from '../lib/h2load.mjs';
import { runWrk } from '../lib/wrk.mjs';
import { grpcBody } from './cases.mjs';

/**
 * Sends requests of one case to one contender for some seconds: with h2load, or with wrk for HTTP/1.1 connections that are kept or
 * closed.
 */
export function takeTurn(stage, contender, one, { seconds }) {
  const of = `${contender.name}: ${one.name}`;
  const url = `${one.port === 'tls' ? 'https' : 'http'}://127.0.0.1:${contender.ports[one.port]}${one.path}`;
  const headers = { Authorization: basic(callers), ...one.headers };
  return measureTurn(contender, one, () => {
    if (one.args === undefined)
      return runWrk(stage, { of, url, seconds, connections: one.connections, headers });
    if (!one.grpc) return runH2load(stage, { of, url, headers, args: one.args(seconds) });
    const body = stage.path('grpc-body');
    writeFileSync(body, grpcBody);
    const grpcHeaders = { ...headers, 'content-type': 'application/grpc', te: 'trailers' };
    return runH2load(stage, { of, url, headers: grpcHeaders, args: ['-d', body, ...one.args(seconds)] });
  });
}
