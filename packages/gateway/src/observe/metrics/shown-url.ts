/** A URL as a label: without user, password and query, which may contain secrets. */
export function toShownUrl(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
