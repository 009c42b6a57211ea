import type { ApiQuestion, ApiReadings } from './questions.ts';

/** Replies of all processes that serve requests. */
export interface SurveyResult<Reading> {
  /** Replies that arrived in time; that of this process first. */
  readonly readings: readonly Reading[];
  /** Number of processes that received the question. */
  readonly asked: number;
}

/** Sends a question to every process that serves requests. Rejects when the primary does not reply. */
export type Survey = <Q extends ApiQuestion>(question: Q) => Promise<SurveyResult<ApiReadings[Q['kind']]>>;

/** Replies for this process, if it is the only one. */
export const askAlone =
  (read: (question: ApiQuestion) => unknown): Survey =>
  async (question) =>
    // The reply of `readProcess` has the type that the kind of a question requires.
    ({ readings: [read(question) as never], asked: 1 });
