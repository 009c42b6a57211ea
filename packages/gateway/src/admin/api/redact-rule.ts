import type { Call, Node } from '@grantgate/middleware/predicate/ast';
import { parsePredicate } from '@grantgate/middleware/predicate/parse';

/** Names of headers and query parameters whose values are secrets, even in rules. */
const secretName = /token|secret|passw|pwd|assertion|credential|signature|key|auth|session|cookie|jwt/i;

/** A rule without the values of headers and query parameters that may be secrets. */
export function redactRule(rule: string): string {
  if (!/header|query/i.test(rule)) return rule;
  const parsed = parsePredicate(rule);
  // An unparsable rule has no identifiable parts.
  if (!parsed.ok) return '[redacted]';
  let redacted = rule;
  for (const { name, args } of callsOf(parsed.ast).reverse()) {
    const [key, value] = args;
    if (key === undefined || value === undefined || !/^(?:header|query)/i.test(name)) continue;
    if (secretName.test(key.value))
      redacted = `${redacted.slice(0, value.offset)}\`[redacted]\`${redacted.slice(value.offset + value.length)}`;
  }
  return redacted;
}

function callsOf(node: Node): Call[] {
  if (node.kind === 'call') return [node];
  return node.kind === 'not' ? callsOf(node.operand) : node.operands.flatMap(callsOf);
}
