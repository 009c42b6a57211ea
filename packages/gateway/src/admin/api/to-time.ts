/** @param ms milliseconds since the epoch. @returns ISO 8601 in UTC, with milliseconds. */
export const toTime = (ms: number): string => new Date(ms).toISOString();
