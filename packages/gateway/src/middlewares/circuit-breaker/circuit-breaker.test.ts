import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../../testkit/src/fake-clock.ts';
import { compileMiddlewares, startGatewayWith } from '../middlewares.testkit.ts';
import { createCircuitBreaker } from './breaker.ts';
import { compileExpression } from './expression.ts';
import { createMetrics } from './metrics.ts';

/** Metrics of an expression, and its condition. */
function compile(expression: string) {
  const clock = createFakeClock();
  const compiled = compileExpression(expression);
  if (!compiled.ok) throw new Error(compiled.diagnostic.message);
  const metrics = createMetrics(compiled.needs, clock);
  return { clock, metrics, condition: compiled.condition, isTrue: () => compiled.condition(metrics) };
}

describe('the expression of a circuit breaker', () => {
  // The first seven are those of the tests of vulcand/oxy, on which Traefik's is built.
  it.each([
    [
      'NetworkErrorRatio() > 0.5',
      [
        [502, 60],
        [200, 40],
      ],
      1,
      true,
    ],
    [
      'NetworkErrorRatio() < 0.5',
      [
        [504, 60],
        [200, 40],
      ],
      1,
      false,
    ],
    ['LatencyAtQuantileMS(50.0) > 50', [[200, 5]], 52, true],
    ['LatencyAtQuantileMS(50.0) < 50', [[200, 5]], 51, false],
    [
      'ResponseCodeRatio(500, 600, 0, 600) > 0.5',
      [
        [200, 5],
        [500, 6],
      ],
      1,
      true,
    ],
    [
      'ResponseCodeRatio(500, 600, 0, 600) > 0.5',
      [
        [200, 5],
        [500, 4],
      ],
      1,
      false,
    ],
    ['LatencyAtQuantileMS(40.0) > 50', [], 1, false],
    [
      'ResponseCodeRatio(500, 502, 0, 600) > 0.1',
      [
        [502, 5],
        [200, 5],
      ],
      1,
      false,
    ],
    [
      'NetworkErrorRatio() >= 0.5',
      [
        [502, 1],
        [200, 1],
      ],
      1,
      true,
    ],
    [
      'NetworkErrorRatio() == 0.5',
      [
        [502, 1],
        [200, 1],
      ],
      1,
      true,
    ],
    [
      'NetworkErrorRatio() != 0.5',
      [
        [502, 1],
        [200, 1],
      ],
      1,
      false,
    ],
    [
      'NetworkErrorRatio() <= 0.49',
      [
        [502, 1],
        [200, 1],
      ],
      1,
      false,
    ],
    ['!(NetworkErrorRatio() > 0.5) && LatencyAtQuantileMS(99) > 10', [[200, 9]], 20, true],
    ['NetworkErrorRatio() > 0.5 || LatencyAtQuantileMS(99) > 10', [[200, 9]], 5, false],
    [
      'NetworkErrorRatio() > 0.9 || NetworkErrorRatio() > 0.1 && ResponseCodeRatio(200,300,0,600) > 0.1',
      [
        [502, 1],
        [200, 1],
      ],
      5,
      true,
    ],
    ['ResponseCodeRatio(500, 600, 0, 600) > 0.1', [], 1, false],
  ] as const)('%s after %j of %i ms is %j', (expression, requests, latencyMs, expected) => {
    const { metrics, isTrue } = compile(expression);
    for (const [status, count] of requests)
      for (let number = 0; number < count; number += 1) metrics.record(status, latencyMs);
    expect(isTrue()).toBe(expected);
  });

  it.each([
    ['', '1:1: unexpected end of expression: expected a function, "(" or "!"'],
    ['NetworkErrorRatio() > ', '1:23: unexpected end of expression: expected a number'],
    [
      'NetworkErrorRatio()',
      '1:20: unexpected end of expression: expected a comparison: ">", ">=", "<", "<=", "==" or "!="',
    ],
    ['NetworkErrorRatio() > 0.5 &&\n  Latency(1) > 1', '2:3: unknown function Latency: '],
    [
      'ResponseCodeRatio(500, 600) > 0.5',
      '1:1: ResponseCodeRatio takes (from, below, ofFrom, ofBelow), not 2 arguments',
    ],
    ['(NetworkErrorRatio() > 0.5', '1:27: unexpected end of expression: expected "&&", "||" or ")"'],
    ['NetworkErrorRatio() > 0.5 ;', '1:27: unexpected ";": expected a function, a number or an operator'],
    [
      'NetworkErrorRatio() > 0.5 0.5',
      '1:27: unexpected 0.5: expected "&&", "||" or the end of the expression',
    ],
    ['toString() > 1', '1:1: unknown function toString: '],
    [`${'!'.repeat(200)}NetworkErrorRatio() > 1`, '1:130: nested deeper than 128 levels'],
  ])('%j is rejected with the place', (expression, expected) => {
    const compiled = compileExpression(expression);
    const { line, column, message } = compiled.ok ? { line: 0, column: 0, message: '' } : compiled.diagnostic;
    expect(`${line}:${column}: ${message}`).toContain(expected);
  });

  it('is reported at its place in the file', () => {
    const { problems } = compileMiddlewares(
      `a: { circuitBreaker: { expression: "NetworkErrorRatio() >> 1" } }`,
    );
    expect(problems).toEqual(['3:62 a@file.expression: 1:22: unexpected ">": expected a number']);
  });
});

describe('the metrics of a circuit breaker', () => {
  it('forget requests after ten seconds, and latencies after a minute', async () => {
    const { clock, metrics } = compile('NetworkErrorRatio() > 0.5 || LatencyAtQuantileMS(50) > 1');
    metrics.record(502, 100);
    expect([metrics.networkErrorRatio(), metrics.latencyAtQuantileMs(50)]).toEqual([1, 100]);
    await clock.advance(9_000);
    metrics.record(200, 100);
    expect(metrics.networkErrorRatio()).toBe(0.5);
    await clock.advance(1_000);
    expect(metrics.networkErrorRatio()).toBe(0);
    await clock.advance(20_000);
    expect([metrics.networkErrorRatio(), metrics.latencyAtQuantileMs(50)]).toEqual([0, 100]);
    await clock.advance(40_000);
    expect(metrics.latencyAtQuantileMs(50)).toBe(0);
  });
});

describe('the states of a circuit breaker', () => {
  const times = { checkPeriod: 100, fallbackDuration: 10_000, recoveryDuration: 10_000 };
  const start = () => {
    const { clock, metrics, condition } = compile('NetworkErrorRatio() > 0.5');
    const breaker = createCircuitBreaker(condition, metrics, { clock, times });
    const passes = (): boolean => breaker.refusedForMs() === undefined;
    return { clock, breaker, passes };
  };

  it('trips on a failing service, recovers step by step, and closes', async () => {
    const { clock, breaker, passes } = start();
    expect(passes()).toBe(true);
    breaker.record(502, 1);
    expect(breaker.refusedForMs()).toBe(10_000);
    await clock.advance(9_999);
    expect(breaker.refusedForMs()).toBe(1);
    await clock.advance(1);
    // Recovering: the share grows from none to a half.
    const shares: number[] = [];
    for (let second = 0; second < 10; second += 1) {
      let passed = 0;
      for (let number = 0; number < 100; number += 1) if (passes()) passed += 1;
      shares.push(passed);
      await clock.advance(1_000);
    }
    expect(shares[0]).toBe(0);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBeGreaterThan(60);
    expect(shares.reduce((sum, share) => sum + share) / 1000).toBeCloseTo(0.45, 1);
    await clock.advance(1);
    expect(passes()).toBe(true);
    expect(passes()).toBe(true);
  });

  it('is open, then recovers, with and without requests', async () => {
    const { clock, breaker, passes } = start();
    const state = () => breaker.read().state;
    expect(breaker.read()).toEqual({ state: 'closed', leftMs: undefined });
    breaker.record(502, 1);
    expect(breaker.read()).toEqual({ state: 'open', leftMs: 10_000 });
    await clock.advance(10_000);
    expect(breaker.read()).toEqual({ state: 'recovering', leftMs: 10_000 });
    await clock.advance(9_999);
    expect(state()).toBe('recovering');
    await clock.advance(1);
    expect(state()).toBe('closed');
    // Requests start the recovery when they arrive.
    expect(passes()).toBe(false);
    expect(breaker.read()).toEqual({ state: 'recovering', leftMs: 10_000 });
    await clock.advance(10_001);
    expect(state()).toBe('closed');
    expect(passes()).toBe(true);
  });

  it('trips again while it recovers', async () => {
    const { clock, breaker, passes } = start();
    breaker.record(502, 1);
    await clock.advance(15_000);
    expect(passes()).toBe(false);
    breaker.record(502, 1);
    expect(breaker.refusedForMs()).toBe(10_000);
  });

  it('checks its condition once in each period', async () => {
    const { clock, breaker, passes } = start();
    breaker.record(200, 1);
    for (let number = 0; number < 10; number += 1) breaker.record(502, 1);
    expect(passes()).toBe(true);
    await clock.advance(101);
    breaker.record(502, 1);
    expect(passes()).toBe(false);
  });

  it('forgets the requests before its trip', async () => {
    const { clock, breaker, passes } = start();
    breaker.record(502, 1);
    await clock.advance(10_000 + 10_001);
    expect(passes()).toBe(false);
    await clock.advance(10_001);
    expect(passes()).toBe(true);
    breaker.record(200, 1);
    expect(passes()).toBe(true);
  });
});

describe('circuitBreaker', () => {
  it('refuses requests of a failing service with the configured status and Retry-After', async () => {
    const clock = createFakeClock();
    const options = {
      expression: 'ResponseCodeRatio(500, 600, 0, 600) > 0.3',
      responseCode: 429,
      fallbackDuration: '30s',
    };
    const { gateway, send } = await startGatewayWith(
      { one: { circuitBreaker: options } },
      {
        stepClock: clock,
        respond: ({ url = '' }, response) => void response.writeHead(Number(url.slice(1))).end(),
      },
    );
    expect((await send('/200')).status).toBe(200);
    await clock.advance(200);
    expect((await send('/500')).status).toBe(500);
    await gateway.recorded(2);
    await clock.advance(500);
    const refused = await send('/200');
    expect(refused).toMatchObject({ status: 429, seen: undefined });
    expect(refused.headers).toContainEqual(['Retry-After', '30']);
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'circuit_open', status: 429 });
  });

  it('counts the status that a later middleware responds with', async () => {
    const clock = createFakeClock();
    const { gateway, send } = await startGatewayWith(
      {
        one: { circuitBreaker: { expression: 'ResponseCodeRatio(400, 500, 0, 600) > 0.3' } },
        two: { ipAllowList: { sourceRange: ['192.0.2.1'] } },
      },
      { stepClock: clock },
    );
    expect((await send('/')).status).toBe(403);
    await gateway.recorded(1);
    expect((await send('/')).status).toBe(503);
  });
});
