/** Milliseconds after a token request has ended in which requests still count as those of the roll-over. */
export const marginMs = 50;

/**
 * Times and latencies in milliseconds; a window is the time of one token request. Returns the latencies inside and outside the
 * windows.
 */
export function splitByWindows(samples, windows) {
  const within = [];
  const steady = [];
  for (const { at, latency } of samples)
    (windows.some(({ begin, end }) => at >= begin - marginMs && at <= end + marginMs) ? within : steady).push(
      latency,
    );
  return { within, steady };
}

/** The smallest value that this part of all values does not exceed. */
export function percentile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? NaN;
}

/**
 * Violations, as texts: more than one request for a token at a time or in a lifetime, and tokens that were not all used or not
 * issued.
 */
export function faultsOf(windows, usedTokens) {
  const faults = [];
  const sorted = [...windows].sort((a, b) => a.begin - b.begin);
  for (const [index, { begin }] of sorted.entries())
    if (index > 0 && begin < sorted[index - 1].end) faults.push('two requests for one token at a time');
  const given = new Set(windows.map(({ token }) => token));
  for (const token of usedTokens) if (!given.has(token)) faults.push('a token that nobody has given');
  // The last one may have been issued when the run ended.
  const unused = windows.length - new Set(usedTokens).size;
  if (unused > 1) faults.push(`${unused} tokens that have not been used`);
  return faults;
}
