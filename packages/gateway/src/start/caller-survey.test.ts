import { expect, it } from 'vitest';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { callerShape } from '../admin/api/caller-shape.ts';
import { mergeCallers } from '../admin/api/callers.ts';
import type { Step } from '../middlewares/step.ts';
import { surveyCallers } from './caller-survey.ts';

const clock = createFakeClock();
const inMs = (ms: number): number => clock.monotonic() + ms;

const createStep = (forEachCaller: Step['forEachCaller']): Step => ({
  name: 'step',
  onRequest: () => ({ allowed: true, setHeaders: [], removeHeaders: new Set<string>() }) as never,
  forEachCaller,
});

it('lists each caller once for the middlewares that share its credentials, with the last expiry', () => {
  const shared: Step['forEachCaller'] = (visit) => {
    visit({ clientId: 'ada', expiresAtMs: inMs(1_000), isAllowed: true });
    visit({ clientId: 'ada', expiresAtMs: inMs(9_000), isAllowed: false });
    visit({ clientId: 'ada', expiresAtMs: inMs(5_000), isAllowed: true });
  };
  const keys: Step['forEachCaller'] = (visit) => {
    visit({ clientId: 'key', expiresAtMs: Infinity, isAllowed: true });
    visit({ clientId: 'key', expiresAtMs: inMs(5_000), isAllowed: true });
  };
  const steps = new Map([
    ['a@file', createStep(shared)],
    ['b@file', createStep(shared)],
    ['keyed@file', createStep(keys)],
    ['other@file', createStep(undefined)],
  ]);
  const readings = surveyCallers(steps, clock);
  const time = new Date(clock.now() + 9_000).toISOString();
  const expected = [
    { clientID: 'ada', middlewares: ['a@file', 'b@file'], credentials: 3, refused: 1, expiresAt: time },
    { clientID: 'key', middlewares: ['keyed@file'], credentials: 2, refused: 0, expiresAt: null },
  ];
  expect(mergeCallers([readings])).toEqual(expected);
  // Another worker has verified the same credentials.
  expect(mergeCallers([readings, readings]).map((view) => callerShape.parse(view))).toEqual(expected);
});
