import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RequestRecord } from '../pipeline/record.ts';
import { createFacts } from '../routing/facts.testkit.ts';
import { configure } from './access-log.testkit.ts';

const record = (changes: Partial<RequestRecord> = {}, headers: readonly string[] = []): RequestRecord => ({
  facts: {
    ...createFacts({ target: '/orders?page=2&token=hidden', host: 'api.example' }),
    rawHeaders: headers,
  },
  requestId: 'req-1',
  startedAt: Date.UTC(2026, 9, 10, 13, 55, 36),
  startedMonotonic: 1000,
  durationMs: 12.5,
  originDurationMs: 10.25,
  status: 200,
  originStatus: 200,
  originBytes: 28,
  requestBytes: 0,
  downstreamBytes: 28,
  retryAttempts: 0,
  httpVersion: '1.1',
  routerName: 'api@file',
  serviceName: 'orders@file',
  serverUrl: 'http://10.0.0.1:8080',
  clientUsername: 'admin',
  refusal: undefined,
  originFault: undefined,
  ...changes,
});

const fieldsOf = (accessLog: object, one: RequestRecord): Record<string, unknown> =>
  JSON.parse(configure({ format: 'json', ...accessLog })(one)!) as Record<string, unknown>;

const agent = ['User-Agent', 'curl/8', 'X-Team', 'a', 'x-team', 'b'];

describe('filters', () => {
  it.each([
    [{ statusCodes: ['404', '500-599'] }, { status: 404 }, true],
    [{ statusCodes: ['404', '500-599'] }, { status: 599 }, true],
    [{ statusCodes: ['404', '500-599'] }, { status: 200 }, false],
    [{ minDuration: '10ms' }, { durationMs: 12.5 }, true],
    [{ minDuration: '20ms' }, { durationMs: 12.5 }, false],
    [{ minDuration: '20ms', statusCodes: ['200'] }, { durationMs: 1 }, true],
    [{ retryAttempts: true }, { retryAttempts: 1 }, true],
    [{ retryAttempts: true }, { retryAttempts: 0 }, false],
    [{ retryAttempts: false }, { status: 200 }, true],
    [{}, {}, true],
  ])('%j of a request with %j: %s', (filters, changes, isLogged) => {
    expect(configure({ filters })(record(changes)) !== undefined).toBe(isLogged);
  });

  it('omit lines, but count those requests too, as Traefik does', () => {
    const toLine = configure({ format: 'json', filters: { statusCodes: ['404'] } });
    expect(toLine(record())).toBeUndefined();
    expect(JSON.parse(toLine(record({ status: 404 }))!)).toMatchObject({ RequestCount: 2 });
  });
});

describe('fields', () => {
  it('are kept or dropped by name, in any letter case', () => {
    expect(fieldsOf({ fields: { defaultMode: 'drop', names: { requestPATH: 'keep' } } }, record())).toEqual({
      RequestPath: '/orders?page=2&token=REDACTED',
      level: 'info',
      msg: '',
      time: '2026-10-10T13:55:36.012Z',
    });
    const dropped = fieldsOf({ fields: { names: { ClientUsername: 'drop' } } }, record());
    expect(dropped).not.toHaveProperty('ClientUsername');
    expect(dropped).toHaveProperty('RouterName', 'api@file');
  });

  it('are the same whether the line is composed as a whole or field by field', () => {
    const changes = fc.record({
      status: fc.integer({ min: 100, max: 599 }),
      originStatus: fc.constantFrom(0, 200),
      originBytes: fc.nat(),
      downstreamBytes: fc.nat(),
      durationMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
      originDurationMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
      retryAttempts: fc.nat(3),
      serverUrl: fc.constantFrom(undefined, 'http://10.0.0.1:8080/base'),
      clientUsername: fc.option(fc.string(), { nil: undefined }),
    });
    fc.assert(
      fc.property(changes, (change) => {
        const one = record(change);
        const byField = fieldsOf({ fields: { names: { None: 'keep' } } }, one);
        expect(byField).toEqual(fieldsOf({}, one));
      }),
      { numRuns: 100 },
    );
  });

  it('may omit the query', () => {
    const fields = { queryParameters: { defaultMode: 'drop' } };
    expect(fieldsOf({ fields }, record())).toHaveProperty('RequestPath', '/orders');
    expect(configure({ fields })(record())).toContain('"GET /orders HTTP/1.1"');
  });

  it('that are dropped are - in the common format', () => {
    const fields = { defaultMode: 'drop', names: { RequestMethod: 'keep' } };
    expect(configure({ fields })(record())).toBe('- - - [-] "GET - -" - - "-" "-" - "-" "-" 0ms\n');
  });

  it('end after the user agent in the format genericCLF', () => {
    expect(configure({ format: 'genericCLF' })(record())).toMatch(/ 200 28 "-" "-"\n$/);
  });
});

describe('headers', () => {
  it('are left out by default, and - in the common format', () => {
    expect(Object.keys(fieldsOf({}, record({}, agent))).filter((name) => name.includes('_'))).toEqual([]);
    expect(configure({})(record({}, agent))).toContain(' "-" "-" 1 ');
  });

  it('are kept, dropped or redacted by name, with the values of a name joined', () => {
    const headers = { defaultMode: 'keep', names: { 'user-agent': 'redact', 'X-Other': 'drop' } };
    expect(fieldsOf({ fields: { headers } }, record({}, [...agent, 'X-Other', 'c']))).toMatchObject({
      'request_User-Agent': 'REDACTED',
      'request_X-Team': 'a,b',
    });
    const kept = { headers: { names: { 'User-Agent': 'keep' } } };
    expect(configure({ fields: kept })(record({}, agent))).toContain(' "-" "curl/8" 1 ');
  });

  it('of both responses are logged under the same names as those of the request', () => {
    const headers = { defaultMode: 'keep', names: { etag: 'redact', 'X-Other': 'drop' } };
    const responses = {
      originHead: {
        headers: ['etag', '"1"', 'x-other', 'a', 'x-team', 'a', 'x-team', 'b', 'keep-alive', 'a'],
      },
      downstreamHeaders: ['etag', '"1"', 'Content-Type', 'text/plain', 'X-Other', 'a'],
    };
    const line = fieldsOf({ fields: { defaultMode: 'drop', headers } }, record(responses, ['ETag', '"0"']));
    expect(Object.fromEntries(Object.entries(line).filter(([name]) => name.includes('_')))).toEqual({
      request_Etag: 'REDACTED',
      origin_Etag: 'REDACTED',
      'origin_X-Team': 'a,b',
      downstream_Etag: 'REDACTED',
      'downstream_Content-Type': 'text/plain',
    });
  });

  it('of responses that carry secrets are redacted whatever the mode', () => {
    const list = [
      ...['set-cookie', 'sid=s3cr3t', 'location', 'https://a.example/cb#access_token=s3cr3t&x=1'],
      ...['www-authenticate', 'Negotiate s3cr3t', 'link', '<https://a.example/?code=s3cr3t&x=1>'],
      ...['refresh', '0; url=/cb?id_token=s3cr3t', 'authentication-info', 'nextnonce="s3cr3t"'],
    ];
    const headers = { defaultMode: 'keep' };
    const one = record({ originHead: { headers: list }, downstreamHeaders: list });
    const line = fieldsOf({ fields: { headers } }, one);
    expect(line).toHaveProperty('origin_Location', 'https://a.example/cb#access_token=REDACTED&x=1');
    expect(Object.keys(line).filter((name) => name.startsWith('downstream_'))).toHaveLength(6);
    expect(JSON.stringify(line)).not.toContain('s3cr3t');
  });

  it('that carry secrets are redacted whatever the mode', () => {
    const secret = 's3cr3t-value';
    const names = [
      ...[
        'Authorization',
        'proxy-authorization',
        'Cookie',
        'X-Auth-Token',
        'X-Api-Key',
        'X-Client-Secret',
        'X-Session-Id',
      ],
      ...[
        'X-Forwarded-Access-Token',
        'DPoP-Signature',
        'X-Amz-Security-Token',
        'X-Forwarded-Client-Cert',
        'X-Password',
        'apikey',
      ],
    ];
    for (const mode of [
      { defaultMode: 'keep' },
      { names: Object.fromEntries(names.map((name) => [name, 'keep'])) },
    ])
      for (const name of names)
        for (const format of ['json', 'common'])
          expect(configure({ format, fields: { headers: mode } })(record({}, [name, secret]))).not.toContain(
            secret,
          );
  });

  it.each([
    'Basic YWRhOnNlY3JldA==',
    'bearer abc',
    'DPoP abc',
    'x eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln',
  ])('are redacted when their value is a credential: %s', (value) => {
    const fields = { headers: { defaultMode: 'keep' } };
    expect(fieldsOf({ fields }, record({}, ['X-Original', value]))).toMatchObject({
      'request_X-Original': 'REDACTED',
    });
  });

  it('that contain a URL lose its secrets, and keep characters beyond ASCII as sent', () => {
    const fields = { headers: { defaultMode: 'keep' } };
    const headers = [
      'Referer',
      'http://ada:pw@a.example/?token=x',
      'X-Name',
      Buffer.from('Zürich').toString('latin1'),
      'X-Bad',
      '\xfc',
    ];
    expect(fieldsOf({ fields }, record({}, headers))).toMatchObject({
      request_Referer: 'http://REDACTED@a.example/?token=REDACTED',
      'request_X-Name': 'Zürich',
      'request_X-Bad': 'ü',
    });
  });

  it('that a caller forges are left out', () => {
    const fields = { headers: { defaultMode: 'keep' } };
    const one = record({}, ['X-Forwarded-Host', 'lie.example']);
    expect(fieldsOf({ fields }, one)).not.toHaveProperty('request_X-Forwarded-Host');
    expect(fieldsOf({ fields }, { ...one, facts: { ...one.facts, trusted: true } })).toHaveProperty(
      'request_X-Forwarded-Host',
      'lie.example',
    );
  });
});

describe('the time at which a request began', () => {
  it('has nanoseconds that never leave the millisecond of the clock, and grow with the monotonic one', () => {
    const toLine = configure({ format: 'json' });
    const startOf = (startedAt: number, startedMonotonic: number): string =>
      (JSON.parse(toLine(record({ startedAt, startedMonotonic }))!) as Record<string, string>)['StartUTC']!;
    const base = Date.UTC(2026, 9, 10, 13, 55, 36, 100);
    expect(startOf(base, 500.25)).toBe('2026-10-10T13:55:36.100000000Z');
    expect(startOf(base, 500.75)).toBe('2026-10-10T13:55:36.100500000Z');
    // The clock has reached the next millisecond, which shows its offset more precisely.
    expect(startOf(base + 1, 500.8)).toBe('2026-10-10T13:55:36.101000000Z');
    expect(startOf(base + 1, 501.3)).toBe('2026-10-10T13:55:36.101500000Z');
    // It has been set.
    expect(startOf(base - 60_000, 502)).toMatch(/^2026-10-10T13:54:36\.100/);
  });
});
