/** A value that may be at hand already: the hot path takes it without an `await`. */
export type MaybePromise<T> = T | Promise<T>;
