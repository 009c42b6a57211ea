import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { expect, it } from 'vitest';
import type { RequestRecord } from '../pipeline/record.ts';
import { refuseUnknown } from '../external-auth/refuse-middleware.ts';
import { gatewayRefusals } from '../pipeline/refusals.ts';
import { createLog } from './log.ts';
import { createRefusalLog } from './refusal-log.ts';

function setUp(level: 'debug' | 'info') {
  const lines: Record<string, unknown>[] = [];
  const clock = createFakeClock();
  const log = createLog(
    { level, format: 'json' },
    { write: (text) => void lines.push(JSON.parse(text) as Record<string, unknown>) },
  );
  const told = createRefusalLog(log, clock);
  // The log reads only these fields.
  const refuse = (code: keyof typeof gatewayRefusals, routerName = 'api@file'): void =>
    told({ refusal: gatewayRefusals[code], requestId: 'r', routerName } as RequestRecord);
  const breakOff = (reason: string, code?: keyof typeof gatewayRefusals): void =>
    told({
      refusal: code && gatewayRefusals[code],
      originFault: reason,
      requestId: 'r',
      routerName: 'api@file',
      serverUrl: 'http://api.example',
    } as RequestRecord);
  return { lines, clock, told, refuse, breakOff };
}

it('an outage is logged once every ten seconds per router and code, with the number of omitted warnings', async () => {
  const { lines, clock, refuse } = setUp('info');
  for (let count = 0; count < 50; count += 1) refuse('upstream_refused');
  refuse('upstream_timeout');
  refuse('upstream_refused', 'other@file');
  expect(lines).toHaveLength(3);
  expect(lines[0]).toMatchObject({ level: 'warn', code: 'upstream_refused', router: 'api@file' });
  await clock.advance(10_000);
  refuse('upstream_refused');
  expect(lines[3]).toMatchObject({ code: 'upstream_refused', suppressed: 49 });
});

it("callers' own mistakes are logged at debug level", () => {
  const quiet = setUp('info');
  quiet.refuse('no_route');
  expect(quiet.lines).toEqual([]);
  const debugging = setUp('debug');
  debugging.refuse('no_route');
  expect(debugging.lines).toMatchObject([{ level: 'debug', code: 'no_route' }]);
});

it("a proxy's request for a missing middleware is a warning that names it on one line", () => {
  const { lines, told } = setUp('info');
  for (const name of ['ordres', 'x"}\n{"FORGED":"1'])
    told({ refusal: refuseUnknown(name), requestId: 'r' } as RequestRecord);
  expect(lines).toEqual([
    expect.objectContaining({
      level: 'warn',
      code: 'middleware_unknown',
      reason: 'there is no middleware ordres',
    }),
  ]);
  expect(refuseUnknown('x'.repeat(5000)).reason?.length).toBeLessThan(700);
});

it('a warning is not repeated when only its description changes', () => {
  const { lines, told } = setUp('info');
  for (let count = 0; count < 9; count += 1)
    told({
      refusal: {
        ...gatewayRefusals.upstream_refused,
        code: 'token_request_rejected',
        reason: `trace ${count}`,
      },
      requestId: 'r',
      routerName: 'api@file',
    } as RequestRecord);
  expect(lines).toMatchObject([{ level: 'warn', reason: 'trace 0' }]);
});

it('the fault of a refused or aborted upstream response is logged', async () => {
  const { lines, clock, breakOff } = setUp('info');
  for (let count = 0; count < 50; count += 1) {
    breakOff('both lengths', 'upstream_reset');
    breakOff('a bad chunk size');
  }
  breakOff('another reason', 'upstream_reset');
  expect(lines.map(({ level, msg, code, reason, server }) => [level, msg, code, reason, server])).toEqual([
    ['warn', 'the server closed the connection', 'upstream_reset', 'both lengths', 'http://api.example'],
    ['warn', 'incomplete response from the server', undefined, 'a bad chunk size', 'http://api.example'],
    ['warn', 'the server closed the connection', 'upstream_reset', 'another reason', 'http://api.example'],
  ]);
  await clock.advance(10_000);
  breakOff('a bad chunk size');
  expect(lines[3]).toMatchObject({ reason: 'a bad chunk size', suppressed: 49 });
});
