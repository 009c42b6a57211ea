const name = /(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)/.source;
const key = `(?:${/[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?/.source}/)?${name}`;
const value = `(?:${name})?`;
const requirement = new RegExp(
  `^\\s*(?:!\\s*${key}|${key}(?:\\s*(?:==|=|!=|>|<)\\s*${value}|\\s+(?:in|notin)\\s*\\(\\s*${value}(?:\\s*,\\s*${value})*\\s*\\))?)\\s*$`,
);

/**
 * Whether a text is a valid label selector of the Kubernetes API: requirements such as `a=b`, `a!=b`, `a in (b,c)`, `a` and
 * `!a`, separated by commas.
 */
export function isLabelSelector(text: string): boolean {
  // A comma in parentheses separates values.
  return text.split(/,(?![^(]*\))/).every((part) => requirement.test(part));
}
