import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../packages/middleware/src/base/fake-clock.testkit.ts';
import { sendRequest } from '../send-request.testkit.ts';
import type { SeenRequest } from './contract-case.ts';
import { facts } from './contract-facts.ts';
import { observe } from './contract-observation.testkit.ts';
import type { ContractSubject } from './contract-subject.testkit.ts';
import { startSubject } from './contract-subject.testkit.ts';
import { readVersion, startReal, traefikProgram } from './real.testkit.ts';
import { startStandIn } from './stand-in.testkit.ts';

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
  // Its limit is in the program: the only time that a test lets pass, where a real Traefik is asked for.
  // eslint-disable-next-line no-restricted-syntax
  advance: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
});

/** Lines of the request, and those of the lines wanted that are wrong: missing, or there against `!`. */
function compare(seen: SeenRequest | null, wanted: readonly string[] | undefined): object {
  if (seen === null || wanted === undefined) return { reached: seen !== null };
  const lines = [seen.request, ...seen.headers];
  const wrong = wanted.filter((line) =>
    line.startsWith('!') ? lines.includes(line.slice(1)) : !lines.includes(line),
  );
  return wrong.length === 0 ? { reached: true } : { reached: true, wrong, lines };
}

for (const { name, start, advance } of [
  standIn,
  ...(traefikProgram === undefined ? [] : [real(traefikProgram)]),
])
  describe(name, () => {
    let subject: ContractSubject;
    beforeAll(async () => {
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

    it('a forward-auth server that does not answer is an empty 500 after 30 seconds', async () => {
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
