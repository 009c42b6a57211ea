import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../packages/testkit/src/fake-clock.ts';
import { sendRequest } from '../send-request.testkit.ts';
import type { ContractRequest } from './contract-case.ts';
import { cases, nameEntryPoints, targetEntryPoints } from './contract-cases.ts';
import { facts } from './contract-facts.ts';
import { observe } from './contract-observation.testkit.ts';
import type { ContractSubject } from './contract-subject.testkit.ts';
import { startSubject } from './contract-subject.testkit.ts';
import { readVersion, startReal, traefikProgram } from './real.testkit.ts';
import type { Recording } from './recording.testkit.ts';
import { observeNames, observeTargets, readRecording, record } from './recording.testkit.ts';
import { startStandIn } from './stand-in.testkit.ts';

// The stand-in, and the real Traefik if the variable TRAEFIK names one, must agree with the facts and the recording. `RECORD=1
// TRAEFIK=PROGRAM npx vitest run test/conformance/traefik` records again.

interface Contender {
  readonly name: string;
  readonly start: (folder: string) => Promise<{ close(): Promise<void> }>;
  /** Lets time pass. */
  readonly advance: (ms: number) => Promise<void>;
}

const clock = createFakeClock();
const standIn: Contender = {
  name: 'the stand-in for Traefik',
  start: (folder) => startStandIn(folder, 'traefik.yaml', clock),
  advance: (ms) => clock.advance(ms),
};

const real = (program: string): Contender => ({
  name: `the real Traefik ${readVersion(program)}`,
  start: (folder) => startReal(program, folder),
  // Time passes by itself: until the response comes.
  advance: () => Promise.resolve(),
});

/** Lines of the request, and those expected lines that are wrong: missing, or present although excluded by `!`. */
function compare(seen: ContractRequest | null, wanted: readonly string[] | undefined): object {
  if (seen === null || wanted === undefined) return { reached: seen !== null };
  const lines = [seen.request, ...seen.headers];
  const wrong = wanted.filter((line) =>
    line.startsWith('!') ? lines.includes(line.slice(1)) : !lines.includes(line),
  );
  return wrong.length === 0 ? { reached: true } : { reached: true, wrong, lines };
}

if (traefikProgram !== undefined && process.env['RECORD'] === '1') {
  const subject = await startSubject(real(traefikProgram).start);
  await record(subject, readVersion(traefikProgram));
  await subject.close();
}

for (const { name, start, advance } of [
  standIn,
  ...(traefikProgram === undefined ? [] : [real(traefikProgram)]),
])
  describe(name, () => {
    let subject: ContractSubject;
    let recorded: Recording;
    beforeAll(async () => {
      recorded = await readRecording();
      subject = await startSubject(start);
    });
    afterAll(() => subject.close());

    it.each(facts.map((fact) => [fact.name, fact] as const))('%s', async (_name, fact) => {
      const { status, body, check, service } = await observe(subject, fact);
      expect({
        status,
        body,
        check: compare(check, fact.checked),
        service: compare(service, fact.served),
      }).toEqual({
        status: fact.status,
        body: fact.text,
        check: { reached: fact.checked !== undefined },
        service: { reached: fact.served !== undefined },
      });
    });

    it('every case has a recording', () => {
      expect(Object.keys(recorded.cases)).toEqual(cases.map((one) => one.name));
    });

    it.each(cases.map((one) => [one.name, one] as const))('responds as recorded: %s', async (_name, one) => {
      expect(await observe(subject, one)).toEqual(recorded.cases[one.name]);
    });

    it.each(targetEntryPoints)(
      'request targets reach the authorization server and the service as recorded: %s',
      async (entryPoint) => {
        expect(await observeTargets(subject, entryPoint)).toEqual(recorded.targets[entryPoint]);
      },
    );

    it.each(nameEntryPoints)('spellings of header names pass as recorded: %s', async (entryPoint) => {
      expect(await observeNames(subject, entryPoint)).toEqual(recorded.names[entryPoint]);
    });

    it('responds with an empty 500 when a forward-auth server does not respond for 30 seconds', async () => {
      subject.servers.takeSeen();
      let settled = false;
      const response = sendRequest(subject.originOf('plain'), { path: '/frozen/1' }).finally(
        () => (settled = true),
      );
      await subject.servers.frozenAsked;
      await advance(29_000);
      expect(settled).toBe(false);
      await advance(1_000);
      const { status, body } = await response;
      expect({ status, body }).toEqual({ status: 500, body: '' });
      expect(subject.servers.takeSeen().service).toBeNull();
    });
  });
