/** Characters of a name that a caller or a server has chosen. */
const maxCharacters = 256;

/** Such a name, shortened. Readers show it as text: it may look like markup. */
export function toShownName(name: string): string {
  return name.length <= maxCharacters ? name : `${name.slice(0, maxCharacters - 3)}...`;
}
