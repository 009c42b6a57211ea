/** Header fields as Go's net/http keeps them: under the canonical name, the values in order. */
export type CanonicalFields = Map<string, readonly string[]>;

const token = /^[!#$%&'*+.^_`|~\dA-Za-z-]+$/;

/** `x-auth_request-user` becomes `X-Auth_request-User`; a name that is not a token stays unchanged. */
export function toCanonicalName(name: string): string {
  if (!token.test(name)) return name;
  return name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase())
    .join('-');
}

/** Reads names and values in turn; pseudo-headers of HTTP/2 are omitted. */
export function readFields(rawHeaders: readonly string[]): CanonicalFields {
  const fields: CanonicalFields = new Map();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (name.startsWith(':')) continue;
    const key = toCanonicalName(name);
    fields.set(key, [...(fields.get(key) ?? []), rawHeaders[at + 1] ?? '']);
  }
  return fields;
}

/** The first value; empty when there is none. */
export function firstOf(fields: CanonicalFields, name: string): string {
  return fields.get(name)?.[0] ?? '';
}

/** Members of a list header, without white space and empty members. */
export function membersOf(fields: CanonicalFields, name: string): readonly string[] {
  return (fields.get(name) ?? [])
    .flatMap((value) => value.split(','))
    .map((member) => member.trim())
    .filter((member) => member !== '');
}

/** Whether a header lists a token, in any letter case. */
export function lists(fields: CanonicalFields, name: string, member: string): boolean {
  return membersOf(fields, name).some((one) => one.toLowerCase() === member.toLowerCase());
}

/** All except `User-Agent`, by name. */
export function sortByName(fields: CanonicalFields): readonly (readonly [string, readonly string[]])[] {
  return [...fields]
    .filter(([name]) => name !== 'User-Agent')
    .sort(([one], [other]) => (one < other ? -1 : 1));
}
