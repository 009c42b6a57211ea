/** Maximum number of shown characters of a client ID; a caller may send thousands. */
const maxShown = 256;

/** A client ID as logs show it: shortened. Each log escapes it itself. */
export function toShownClientId(clientId: string): string {
  if (clientId.length <= maxShown) return clientId;
  const characters = Array.from(clientId.slice(0, 2 * maxShown + 2));
  return characters.length <= maxShown ? clientId : `${characters.slice(0, maxShown - 3).join('')}...`;
}
