import { describe, expect, it } from 'vitest';
import { parseH2load, percentilesOf } from './h2load.mjs';

const output = ({
  requests = '19061 succeeded, 0 failed, 0 errored, 0 timeout',
  codes = '19061 2xx, 0 3xx, 0 4xx, 0 5xx',
} = {}) => `starting benchmark...
finished in 1.00s, 19061.00 req/s, 2.94MB/s
requests: 19061 total, 19093 started, 19061 done, ${requests}
status codes: ${codes}
traffic: 2.94MB (3087931) total, 2.11MB (2211076) headers (space savings 34.09%), 521.20KB (533708) data
`;

describe('the output of h2load', () => {
  it('has the requests that were answered', () => {
    expect(parseH2load(output())).toEqual({ requests: 19_061, requestsPerSecond: 19_061 });
  });

  it.each([
    ['a response was not 2xx', { codes: '19060 2xx, 0 3xx, 1 4xx, 0 5xx' }],
    ['a request failed', { requests: '19060 succeeded, 1 failed, 0 errored, 0 timeout' }],
    ['a connection broke', { requests: '19060 succeeded, 0 failed, 1 errored, 0 timeout' }],
    ['nothing was answered', { requests: '0 succeeded, 0 failed, 0 errored, 0 timeout' }],
  ])('is a failure when %s', (_, changes) => {
    expect(() => parseH2load(output(changes), 'envoy: h2c')).toThrow('envoy: h2c: ');
  });

  it('is a failure when it has no summary', () => {
    expect(() => parseH2load('')).toThrow('h2load');
  });
});

it('takes percentiles from the log of h2load, whose lines end in microseconds', () => {
  const lines = Array.from({ length: 100 }, (_, index) => `1700000000000000\t200\t${1000 - index}\n`);
  expect(percentilesOf(lines.join(''))).toEqual({ p50Us: 951, p99Us: 1000 });
});
