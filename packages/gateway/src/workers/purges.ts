import type { Clock } from '@grantgate/middleware/base/clock';
import type { PurgeResult } from '../snapshot/token-purge.ts';
import { createSurveys } from './surveys.ts';

/** Purges in progress. */
export interface WorkerPurges<P> {
  /**
   * Makes processes drop tokens; resolves with the sum once each has replied or exited.
   *
   * @returns undefined when one does not reply within a second, because it may still use a token.
   */
  purge(processes: Iterable<P>, send: (process: P, id: number) => void): Promise<PurgeResult | undefined>;
  take(process: P, id: number, purged: PurgeResult): void;
  /** Removes a process that has exited and uses no tokens any more. */
  end(process: P): void;
}

/** A purge is a survey whose replies are summed. */
export function createPurges<P>(clock: Clock): WorkerPurges<P> {
  const surveys = createSurveys<P, PurgeResult>(clock);
  return {
    async purge(processes, send) {
      const { readings, late } = await surveys.ask(processes, send);
      if (late > 0) return undefined;
      return {
        // All processes have the same middlewares.
        middlewares: Math.max(0, ...readings.map(({ middlewares }) => middlewares)),
        tokens: readings.reduce((sum, { tokens }) => sum + tokens, 0),
      };
    },
    take: (process, id, purged) => surveys.take(process, id, purged),
    end: (process) => surveys.end(process),
  };
}
