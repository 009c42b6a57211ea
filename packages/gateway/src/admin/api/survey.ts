import type { ApiQuestion, ApiReadings } from './questions.ts';

/** Replies of all processes that serve requests. */
export interface SurveyResult<Reading> {
  /** Of those that have replied in time; that of this process first. */
  readonly readings: readonly Reading[];
  /** Processes that were asked. */
  readonly asked: number;
}

/** Asks every process that serves requests. Rejects when the primary does not reply. */
export type Survey = <Q extends ApiQuestion>(question: Q) => Promise<SurveyResult<ApiReadings[Q['kind']]>>;

/** Asks this process, which is the only one. */
export const askAlone =
  (read: (question: ApiQuestion) => unknown): Survey =>
  async (question) =>
    // `readProcess` replies with what the kind of a question demands.
    ({ readings: [read(question) as never], asked: 1 });
