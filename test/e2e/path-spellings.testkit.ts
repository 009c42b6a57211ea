/** Spellings of `..` with possible characters around it, each of which some server interprets as the parent folder. */
const ups = ['..', '%2e%2e', '.%2E', '%2e.'];
const separators = [
  '/',
  '%2f',
  '%2F',
  '\\',
  '%5c',
  ';/',
  ';x=1/',
  '%3b/',
  '%3Bx/',
  ';%2f',
  '//',
  '/./',
  '/.;/',
  '/%2e;/',
  '%2f%2e%2f',
  '%00/',
];
const leads = ['', 'a/../', 'a%2f..%2f', '.;/', '%2f', '\\'];

/** Paths that begin below `from` and may lead to `to` if a server interprets them in its own way. */
export function spellTraversals(from: string, to: string): readonly string[] {
  const found: string[] = [];
  for (const up of ups)
    for (const separator of separators)
      for (const lead of leads) found.push(`${from}${lead}${up}${separator}${to.slice(1)}`);
  return [
    ...found,
    `${from}..%u002f${to.slice(1)}`,
    `${from}%u002e%u002e/${to.slice(1)}`,
    `${from}..%c0%af${to.slice(1)}`,
    `${from}%c0%ae%c0%ae/${to.slice(1)}`,
    `${from}%252e%252e%252f${to.slice(1)}`,
    `${from}..%25%32%66${to.slice(1)}`,
    `${from}\u00e0/..%2f${to.slice(1)}`,
    `/${from}../${to.slice(1)}`,
    `/.${from}../${to.slice(1)}`,
  ];
}

/**
 * How servers interpret a path: unchanged, percent-decoded once, with `\` as `/`, without the parameters of segments
 * (RFC 3986 section 3.3; Tomcat drops them before it decodes), cut at a null character, dot segments removed, and the
 * combinations of these.
 */
export function readPath(path: string): ReadonlySet<string> {
  const steps: readonly ((text: string) => string)[] = [
    (text) => text.replace(/;[^/]*/g, ''),
    decodeOnce,
    (text) => text.replaceAll('\\', '/'),
    (text) => text.replace(/\0.*$/s, ''),
    removeDotSegments,
  ];
  let readings = new Set([path]);
  for (const step of steps) readings = new Set([...readings, ...Array.from(readings, step)]);
  // Some servers drop parameters after decoding.
  for (const text of [...readings]) readings.add(removeDotSegments(text.replace(/;[^/]*/g, '')));
  return readings;
}

function decodeOnce(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

function removeDotSegments(text: string): string {
  const kept: string[] = [];
  for (const segment of text.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  return `/${kept.join('/')}`;
}
