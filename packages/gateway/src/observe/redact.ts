/** Names of query parameters whose values may be secrets, tokens or codes that substitute for them. */
const secretName =
  /token|secret|passw|pwd|assertion|credential|signature|^sig$|api[-_.]?key|^key$|^code$|auth|session|jwt|^state$|^nonce$/i;

/**
 * A request target or URL as it may be logged: values of query and path parameters that may be secrets become `REDACTED`, and so
 * does the part before `@` in an authority. Names are compared decoded, so that `%74oken` does not bypass this. Parameters end at
 * `&`; they may also begin after `;`. Because the text after the `;` may be the rest of a secret, everything up to the `&` is
 * redacted.
 *
 * @param names more names of parameters whose values are secrets.
 */
export function redactTarget(target: string, names?: ReadonlySet<string>): string {
  const question = target.indexOf('?');
  const before = redactPath(question < 0 ? target : target.slice(0, question));
  if (question < 0) return before;
  const pairs = target.slice(question + 1).split('&');
  // Modified in place, because this runs once per logged request.
  for (let at = 0; at < pairs.length; at += 1) pairs[at] = redactPair(pairs[at] ?? '', names);
  return `${before}?${pairs.join('&')}`;
}

function redactPath(path: string): string {
  const safe = path.includes('//') ? path.replace(/((?:^|:)\/\/)[^/]*@/, '$1REDACTED@') : path;
  return safe.includes(';')
    ? safe.replace(/(;([^;/=]*)=)[^;/]*/g, (whole, begin: string, name: string) =>
        secretName.test(decodeName(name)) ? `${begin}REDACTED` : whole,
      )
    : safe;
}

function redactPair(pair: string, names: ReadonlySet<string> | undefined): string {
  if (!pair.includes('=')) return pair;
  for (const { 0: begin, 1: written = '', index } of pair.matchAll(/(?<=^|[;?#])([^;?#=]*)=/g)) {
    const name = decodeName(written);
    if (secretName.test(name) || names?.has(name) === true)
      return `${pair.slice(0, index + begin.length)}REDACTED`;
  }
  return pair;
}

function decodeName(name: string): string {
  if (!name.includes('%')) return name;
  try {
    return decodeURIComponent(name);
  } catch {
    // Broken percent-encoding: the readable part is decoded; the rest contains no letters anyway.
    return name.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  }
}
