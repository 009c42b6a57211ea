/** Maximum length of a name from a caller or a server, in characters. */
const maxCharacters = 256;

/** A name from a caller or a server, shortened. It may contain markup, so clients must display it as text. */
export function toShownName(name: string): string {
  return name.length <= maxCharacters ? name : `${name.slice(0, maxCharacters - 3)}...`;
}
