import { valueIn } from './header-list.ts';

/** Headers that belong to one connection and are never forwarded (RFC 9110 section 7.6.1), in lower case. */
export const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Names that a `Connection` header adds to the list, in lower case; undefined when it adds none. */
export function namedByConnection(value: string): ReadonlySet<string> | undefined {
  // The values in nearly all messages.
  if (value === 'keep-alive' || value === 'close') return undefined;
  let named: Set<string> | undefined;
  for (const option of value.split(',')) {
    const name = option.trim().toLowerCase();
    if (name === '' || name === 'close' || hopByHop.has(name)) continue;
    named ??= new Set();
    named.add(name);
  }
  return named;
}

/** Names that the `Connection` headers of a message add to the list. @param headers name and value in turn. */
export function optionsOfConnection(rawHeaders: readonly string[]): ReadonlySet<string> | undefined {
  const values = valueIn(rawHeaders, 'connection', ',');
  return values === undefined ? undefined : namedByConnection(values);
}
