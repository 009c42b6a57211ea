/** Names of query parameters whose values can be secrets, tokens or codes that stand for them. */
const secretName =
  /token|secret|passw|pwd|assertion|credential|signature|^sig$|api[-_.]?key|^key$|^code$|auth|session|jwt|^state$|^nonce$/i;

/**
 * A request target or URL as it may be logged: values of query parameters that can hold secrets are `REDACTED`, as is what
 * stands before `@` in an authority. Names are compared decoded, so that `%74oken` is no way round.
 */
export function redactTarget(target: string): string {
  const question = target.indexOf('?');
  const before = question < 0 ? target : target.slice(0, question);
  const safe = before.includes('://') ? before.replace(/(:\/\/)[^/@]*@/, '$1REDACTED@') : before;
  if (question < 0) return safe;
  const pairs = target.slice(question + 1).split('&');
  let changed = false;
  for (const [index, pair] of pairs.entries()) {
    const equals = pair.indexOf('=');
    if (equals < 0 || !secretName.test(decodeName(pair.slice(0, equals)))) continue;
    pairs[index] = `${pair.slice(0, equals)}=REDACTED`;
    changed = true;
  }
  return changed ? `${safe}?${pairs.join('&')}` : safe + target.slice(question);
}

function decodeName(name: string): string {
  if (!name.includes('%')) return name;
  try {
    return decodeURIComponent(name);
  } catch {
    // Broken percent-encoding: what can be read of it is read, the rest is no letter anyway.
    return name.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  }
}
