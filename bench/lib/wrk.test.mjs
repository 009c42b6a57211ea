import { describe, expect, it } from 'vitest';
import { parseWrk } from './wrk.mjs';

const output = ({ p99 = '1.05s', tail = '' } = {}) => `Running 1s test @ http://127.0.0.1:8000/28B
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     2.51ms    1.75ms  35.06ms   93.11%
    Req/Sec    13.10k     2.23k   15.62k    81.82%
  Latency Distribution
     50%  934.00us
     75%    2.68ms
     90%    3.80ms
     99%    ${p99}
  14342 requests in 1.10s, 3.46MB read
${tail}Requests/sec:  13033.46
Transfer/sec:      3.14MB
`;

describe('the output of wrk', () => {
  it('is read in microseconds and bytes', () => {
    expect(parseWrk(output())).toEqual({
      requests: 14_342,
      requestsPerSecond: 13_033.46,
      readBytes: 3.46 * 1024 ** 2,
      p50Us: 934,
      p99Us: 1_050_000,
    });
  });

  it.each([
    ['an answer was not 2xx', '  Non-2xx or 3xx responses: 1\n'],
    ['a socket failed', '  Socket errors: connect 0, read 3, write 0, timeout 0\n'],
  ])('is a failure when %s', (_, tail) => {
    expect(() => parseWrk(output({ tail }), 'caddy: 28B-get-new')).toThrow(tail);
    expect(() => parseWrk(output({ tail }), 'caddy: 28B-get-new')).toThrow('caddy: 28B-get-new: ');
  });

  it('is a failure without any response', () => {
    expect(() => parseWrk(output().replace('14342 requests', '0 requests'))).toThrow('0 requests');
    expect(() => parseWrk('unable to connect to 127.0.0.1:8000 Connection refused')).toThrow('refused');
  });

  it('is a failure when a latency cannot be read', () => {
    expect(() => parseWrk(output({ p99: '-nan' }))).toThrow('no latency at 99 %');
  });
});
