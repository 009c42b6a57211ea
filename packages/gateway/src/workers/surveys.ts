import type { Clock } from '@grantgate/middleware/base/clock';

/** Replies of several processes to one question; their content is opaque here. */
export interface SurveyReplies<Reading = unknown> {
  readonly readings: readonly Reading[];
  /** Number of processes that received the question. */
  readonly asked: number;
  /** Number of running processes that did not reply in time. */
  readonly late: number;
}

/** Questions in progress. */
export interface Surveys<P, Reading = unknown> {
  /** Sends a question to processes; resolves with the replies once each has replied or exited, or after a second. */
  ask(processes: Iterable<P>, send: (process: P, id: number) => void): Promise<SurveyReplies<Reading>>;
  /** @param reading undefined: the process has no data. */
  take(process: P, id: number, reading: Reading | undefined): void;
  /** Removes a process that has exited. */
  end(process: P): void;
}

interface OpenSurvey<P, Reading> {
  readonly waiting: Set<P>;
  readonly readings: Reading[];
  readonly settle: (process: P) => void;
}

/** Milliseconds that a survey waits for a process. */
const withinMs = 1_000;

export function createSurveys<P, Reading = unknown>(clock: Clock): Surveys<P, Reading> {
  const open = new Map<number, OpenSurvey<P, Reading>>();
  let ids = 0;
  return {
    ask: (processes, send) =>
      new Promise((resolve) => {
        const id = (ids += 1);
        const waiting = new Set(processes);
        const asked = waiting.size;
        const finish = (): void => {
          limit.cancel();
          open.delete(id);
          resolve({ readings, asked, late: waiting.size });
        };
        const limit = clock.after(withinMs, finish);
        const readings: Reading[] = [];
        const settle = (process: P): void => {
          if (waiting.delete(process) && waiting.size === 0) finish();
        };
        open.set(id, { waiting, readings, settle });
        for (const process of [...waiting]) send(process, id);
        if (asked === 0) finish();
      }),
    take(process, id, reading) {
      const survey = open.get(id);
      if (survey?.waiting.has(process) !== true) return;
      if (reading !== undefined) survey.readings.push(reading);
      survey.settle(process);
    },
    end(process) {
      for (const { settle } of [...open.values()]) settle(process);
    },
  };
}
