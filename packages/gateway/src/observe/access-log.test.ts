import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RequestRecord } from '../pipeline/record.ts';
import { gatewayRefusals } from '../pipeline/refusals.ts';
import { configure } from './access-log.testkit.ts';

const record = (changes: Partial<RequestRecord> = {}, rawHeaders: readonly string[] = []): RequestRecord => ({
  facts: {
    entryPoint: 'web',
    method: 'POST',
    target: '/orders?page=2&token=hidden',
    path: '/orders',
    query: 'page=2&token=hidden',
    host: 'api.example.com',
    authority: 'api.example.com:8000',
    scheme: 'http',
    reusesHeaders: false,
    rawHeaders,
    remoteAddress: '192.0.2.7',
    remotePort: 51000,
    trusted: false,
    tls: undefined,
    authorization: 'Basic hidden',
  },
  requestId: 'req-1',
  startedAt: Date.UTC(2026, 9, 10, 13, 55, 36),
  startedMonotonic: 1000,
  requestBytes: 12,
  durationMs: 12.5,
  originDurationMs: 10.25,
  status: 200,
  originStatus: 201,
  originBytes: 28,
  downstreamBytes: 28,
  httpVersion: '1.1',
  routerName: 'api@file',
  serviceName: 'orders@file',
  serverUrl: 'http://10.0.0.1:8080/base',
  clientUsername: 'admin',
  refusal: undefined,
  originFault: undefined,
  retryAttempts: 0,
  ...changes,
});

/** Keeps the headers of the common format. */
const withCallers = { fields: { headers: { names: { Referer: 'keep', 'User-Agent': 'keep' } } } };

const json = (written: RequestRecord): unknown => JSON.parse(configure({ format: 'json' })(written)!);

describe('the JSON access log', () => {
  it('names version, cipher suite and client of a TLS connection', () => {
    const { facts } = record();
    const tls = {
      options: 'default',
      version: '1.3',
      cipher: 'TLS_AES_128_GCM_SHA256',
      clientCertificates: () => [],
    };
    const withSubject = record({ facts: { ...facts, tls: { ...tls, clientSubject: () => 'CN=a "b"' } } });
    expect(json(withSubject)).toMatchObject({
      TLSVersion: '1.3',
      TLSCipher: 'TLS_AES_128_GCM_SHA256',
      TLSClientSubject: 'CN=a "b"',
    });
    const without = record({ facts: { ...facts, tls: { ...tls, clientSubject: () => undefined } } });
    expect(json(without)).not.toHaveProperty('TLSClientSubject');
  });

  it.each([
    ['/a|b"c?x="y"|', '/a%7Cb%22c?x="y"|'],
    ['/{x}/<y>/^`', '/%7Bx%7D/%3Cy%3E/%5E%60'],
    ['/\u00c3\u00a9?\u00c3\u00a9', '/%C3%A9?é'],
  ])('encodes characters that are invalid in a path: %s', (target, logged) => {
    const { facts } = record();
    expect(json(record({ facts: { ...facts, target } }))).toMatchObject({ RequestPath: logged });
  });

  it("has Traefik's fields, durations in nanoseconds", () => {
    expect(json(record())).toEqual({
      ClientAddr: '192.0.2.7:51000',
      ClientHost: '192.0.2.7',
      ClientPort: '51000',
      ClientUsername: 'admin',
      DownstreamContentSize: 28,
      DownstreamStatus: 200,
      Duration: 12_500_000,
      OriginContentSize: 28,
      OriginDuration: 10_250_000,
      OriginStatus: 201,
      Overhead: 2_250_000,
      RequestAddr: 'api.example.com:8000',
      RequestContentSize: 12,
      RequestCount: 1,
      RequestHost: 'api.example.com',
      RequestId: 'req-1',
      RequestMethod: 'POST',
      RequestPath: '/orders?page=2&token=REDACTED',
      RequestPort: '8000',
      RequestProtocol: 'HTTP/1.1',
      RequestScheme: 'http',
      RetryAttempts: 0,
      RouterName: 'api@file',
      ServiceAddr: '10.0.0.1:8080',
      ServiceName: 'orders@file',
      ServiceURL: 'http://10.0.0.1:8080/base',
      StartLocal: '2026-10-10T13:55:36.000000000Z',
      StartUTC: '2026-10-10T13:55:36.000000000Z',
      entryPointName: 'web',
      level: 'info',
      msg: '',
      time: '2026-10-10T13:55:36.012Z',
    });
  });

  it('gives the reason of a refusal, and no details of a server that received no request', () => {
    const refused = json(
      record({
        refusal: gatewayRefusals.no_route,
        status: 404,
        originStatus: 0,
        originBytes: 0,
        routerName: undefined,
        serviceName: undefined,
        serverUrl: undefined,
        clientUsername: undefined,
      }),
    );
    expect(refused).toMatchObject({ RefusalCode: 'no_route', DownstreamStatus: 404, ClientUsername: '-' });
    expect(refused).toMatchObject({ OriginStatus: 0, OriginContentSize: 0, GzipRatio: 0 });
    expect(refused).not.toHaveProperty('RouterName');
  });

  it('counts requests', () => {
    const toLine = configure({ format: 'json' });
    toLine(record());
    expect(JSON.parse(toLine(record())!)).toMatchObject({ RequestCount: 2 });
  });

  it('gives each request its own time and server, also within one second and when the clock goes back', () => {
    const toLine = configure({ format: 'json' });
    const first = Date.UTC(2026, 9, 10, 13, 55, 36);
    for (const [startedAt, durationMs, port] of [
      [first + 7, 1, 8080],
      [first + 42, 0.5, 8081],
      [first + 999, 1, 8080],
      [first + 1000, 2500, 8081],
      [first - 60_000, 0, 8080],
    ] as const) {
      const serverUrl = `http://10.0.0.1:${port}/base`;
      expect(JSON.parse(toLine(record({ startedAt, durationMs, serverUrl }))!)).toMatchObject({
        StartUTC: expect.stringMatching(
          new RegExp(`^${new Date(startedAt).toISOString().slice(0, -1)}\\d{6}Z$`),
        ) as string,
        time: new Date(startedAt + durationMs).toISOString(),
        ServiceAddr: `10.0.0.1:${port}`,
      });
    }
  });

  it('takes the caller from X-Forwarded-For only when the peer is trusted', () => {
    const headers = ['X-Forwarded-For', '203.0.113.9, 198.51.100.2'];
    expect(json(record({}, headers))).toMatchObject({ ClientHost: '192.0.2.7' });
    const trusted = record({}, headers);
    expect(json({ ...trusted, facts: { ...trusted.facts, trusted: true } })).toMatchObject({
      ClientHost: '203.0.113.9, 198.51.100.2',
      ClientAddr: '192.0.2.7:51000',
    });
  });
});

describe('the common access log', () => {
  const common = (written: RequestRecord, more: object = withCallers): string => configure(more)(written)!;

  it("is a line in Traefik's form", () => {
    const headers = ['Referer', 'http://a.example/?token=hidden', 'User-Agent', 'curl/8'];
    expect(common(record({}, headers))).toBe(
      '192.0.2.7 - admin [10/Oct/2026:13:55:36 +0000] "POST /orders?page=2&token=REDACTED HTTP/1.1" 200 28 ' +
        '"http://a.example/?token=REDACTED" "curl/8" 1 "api@file" "http://10.0.0.1:8080/base" 12ms\n',
    );
  });

  it('gives each request its own second', () => {
    const toLine = configure({});
    const first = Date.UTC(2026, 9, 10, 13, 55, 59);
    const times = [first, first + 999, first + 1000, first].map(
      (startedAt) => /\[(.*?) /.exec(toLine(record({ startedAt }))!)?.[1],
    );
    const [before, after] = ['10/Oct/2026:13:55:59', '10/Oct/2026:13:56:00'];
    expect(times).toEqual([before, before, after, before]);
  });

  it('lets no caller forge a field or a line', () => {
    const forged = record({ clientUsername: 'a b" 200\n' }, ['User-Agent', 'x" 200 1\u007f "y']);
    const line = common(forged);
    expect(line.split('\n')).toHaveLength(2);
    expect(line).toContain(' - a_b__200_ [');
    expect(line).toContain('"x\\" 200 1\\u007f \\"y"');
  });
});

describe('any text that a caller or an external proxy sends', () => {
  const nasty = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constantFrom(
      'x"}\n{"FORGED":"1', '1.1"}\n{"FORGED":"1"}', '\\', '"', '\\"', '\r\n', '\u0085', '\u2028FORGED', '\u001b[2J', '\0', '', ' ', '" 200 1 "',
      '\ud800', 'NaN', 'Infinity', '-1', '1e999',
    ), // prettier-ignore
  );
  const written = fc
    .record({ text: fc.array(nasty, { minLength: 12, maxLength: 12 }), trusted: fc.boolean() })
    .map(({ text: [method, target, host, authority, address, version, id, user, name, value, router, service], trusted }) => {
      const headers = ['Referer', value!, 'User-Agent', value!, 'X-Forwarded-For', value!, 'Content-Length', value!, name!, value!];
      const whole = record(
        { httpVersion: version!, requestId: id!, clientUsername: user, routerName: router, serviceName: service },
        headers,
      );
      const facts = { ...whole.facts, method: method!, target: target!, host: host!, authority: authority!, remoteAddress: address!, trusted };
      return { ...whole, facts };
    }); // prettier-ignore

  it('is one line of JSON that parses', () => {
    fc.assert(
      fc.property(written, (one) => {
        const line = configure({ format: 'json' })(one)!;
        expect(line.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
        const fields = JSON.parse(line) as Record<string, unknown>;
        expect(fields).not.toHaveProperty('FORGED');
        expect(fields).toMatchObject({
          RequestProtocol: `HTTP/${one.httpVersion}`,
          RequestMethod: one.facts.method,
        });
      }),
      { numRuns: 500 },
    );
  });

  it('is one line of the common format with all its fields', () => {
    const quoted = String.raw`"(?:[^"\\]|\\.)*"`;
    const line = new RegExp(
      String.raw`^[^\s"]+ - [^\s"]+ \[[^\]]+\] ${quoted} 200 28 ${quoted} ${quoted} 1 ${quoted} ${quoted} 12ms$`,
    );
    fc.assert(
      fc.property(written, (one) => {
        const text = configure(withCallers)(one)!;
        expect(text.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
        expect(text.slice(0, -1)).toMatch(line);
      }),
      { numRuns: 500 },
    );
  });
});
