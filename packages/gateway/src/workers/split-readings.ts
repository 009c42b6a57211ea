import type { Readings, Series } from './readings.ts';

const noNames: Readings['current'] = Object.freeze({
  ...{ router: [], service: [], middleware: [], store: [], issuer: [] },
});

/**
 * Maximum number of series in a message. A message is read in one turn of the event loop, and the primary must not be blocked while
 * workers wait for their shared store.
 */
const partSize = 2_000;

/** Splits readings into parts that `joinReadings` joins in the same order; one part for few series. */
export function splitReadings({ series, current }: Readings): readonly Readings[] {
  const parts: Record<string, readonly Series[]>[] = [];
  let part: Record<string, readonly Series[]> = {};
  let size = 0;
  for (const [name, all] of Object.entries(series))
    for (let at = 0; at < Math.max(1, all.length);) {
      const slice = all.slice(at, at + partSize - size);
      part[name] = slice;
      size += slice.length;
      at += Math.max(1, slice.length);
      if (size < partSize) continue;
      parts.push(part);
      [part, size] = [{}, 0];
    }
  if (size > 0 || parts.length === 0) parts.push(part);
  const last = parts.length - 1;
  return parts.map((own, at) => ({ series: own, current: at === last ? current : noNames }));
}

export function joinReadings(a: Readings, b: Readings): Readings {
  const names = new Set([...Object.keys(a.series), ...Object.keys(b.series)]);
  return {
    series: Object.fromEntries(
      Array.from(names, (name) => [name, [...(a.series[name] ?? []), ...(b.series[name] ?? [])]]),
    ),
    current: b.current,
  };
}
