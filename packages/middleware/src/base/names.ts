/** Levenshtein distance; `Infinity` when it exceeds `most`, which ends the computation early. */
function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return Infinity;
  let start = 0;
  while (start < a.length && start < b.length && a.charCodeAt(start) === b.charCodeAt(start)) start += 1;
  let [endA, endB] = [a.length, b.length];
  while (endA > start && endB > start && a.charCodeAt(endA - 1) === b.charCodeAt(endB - 1)) {
    endA -= 1;
    endB -= 1;
  }
  // One row of the table, updated for each letter of `a`.
  const row = Array.from({ length: endB - start + 1 }, (_, index) => index);
  for (let i = start; i < endA; i += 1) {
    let diagonal = row[0] ?? 0;
    let left = diagonal + 1;
    let least = left;
    row[0] = left;
    for (let j = 1; j < row.length; j += 1) {
      const above = row[j] ?? 0;
      const isSame = a.charCodeAt(i) === b.charCodeAt(start + j - 1);
      left = isSame ? diagonal : 1 + Math.min(diagonal, above, left);
      diagonal = above;
      row[j] = left;
      if (left < least) least = left;
    }
    if (least > most) return Infinity;
  }
  const away = row[row.length - 1] ?? 0;
  return away > most ? Infinity : away;
}

/** The known name nearest to a written one, ignoring letter case; undefined when none is similar enough. */
export function nearestName(written: string, known: readonly string[]): string | undefined {
  const lower = written.toLowerCase();
  // With as many edits as letters, any name would match.
  let most = Math.min(Math.max(2, Math.floor(lower.length / 3)), lower.length - 1);
  let best: string | undefined;
  for (const name of known) {
    const away = distance(lower, name.toLowerCase(), most);
    if (away > most) continue;
    best = name;
    most = away - 1;
  }
  return best;
}

/** Suggestion for an unknown name: `did you mean audience?`, or the known names when none is near. */
export function proposeName(written: string, known: readonly string[]): string {
  const near = nearestName(written, known);
  if (near !== undefined) return `did you mean ${near}?`;
  if (known.length === 0) return 'expected none here';
  return `expected ${known.length > 1 ? 'one of ' : ''}${known.join(', ')}`;
}

/** `unknown option adress: did you mean address?` */
export function describeUnknown(what: string, written: string, known: readonly string[]): string {
  return `unknown ${what} ${written}: ${proposeName(written, known)}`;
}

export const describeDuplicate = (name: string): string =>
  `${name} is given twice (names are case-insensitive)`;
