/** Levenshtein distance; names are short. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      current[j] = Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + cost);
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** The known name nearest to a written one, letter case aside; undefined when none is near enough to be meant. */
export function nearestName(written: string, known: readonly string[]): string | undefined {
  const lower = written.toLowerCase();
  let best: { name: string; away: number } | undefined;
  for (const name of known) {
    const away = distance(lower, name.toLowerCase());
    if (best === undefined || away < best.away) best = { name, away };
  }
  // As many edits as there are letters would turn it into anything.
  const most = Math.min(Math.max(2, Math.floor(lower.length / 3)), lower.length - 1);
  return best !== undefined && best.away <= most ? best.name : undefined;
}

/** What to write instead of an unknown name: `did you mean audience?`, or the known names when none is near. */
export function proposeName(written: string, known: readonly string[]): string {
  const near = nearestName(written, known);
  if (near !== undefined) return `did you mean ${near}?`;
  if (known.length === 0) return 'expected none here';
  return `expected ${known.length > 1 ? 'one of ' : ''}${known.join(', ')}`;
}
