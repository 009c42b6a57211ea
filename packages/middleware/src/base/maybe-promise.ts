/** A value that may be available already: the hot path uses it without an `await`. */
export type MaybePromise<T> = T | Promise<T>;
