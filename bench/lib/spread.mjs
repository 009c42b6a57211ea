/** The median; of an even number of values, the mean of the two in the middle. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(half)] : (sorted[half - 1] + sorted[half]) / 2;
}

/** Median and range. */
export const spreadOf = (values) => ({
  median: median(values),
  low: Math.min(...values),
  high: Math.max(...values),
});

/** Of the ratio in each round, because a slow round slows both. */
export const ratiosOf = (values, base) => spreadOf(values.map((value, round) => value / base[round]));
