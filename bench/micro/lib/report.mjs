/** Hands what a benchmark found to `run.mjs`, which started it; alone, a benchmark only prints. */
export function report(results) {
  process.send?.({ results });
}
