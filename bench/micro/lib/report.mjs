/** Passes the results of a benchmark to `run.mjs`, which started it; without `run.mjs`, a benchmark only prints them. */
export function report(results) {
  process.send?.({ results });
}
