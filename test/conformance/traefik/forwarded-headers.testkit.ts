import { hostname } from 'node:os';
import type { TraefikEntryPoint } from './configuration.testkit.ts';
import type { CanonicalFields } from './header-fields.testkit.ts';
import { firstOf, lists, membersOf, toCanonicalName } from './header-fields.testkit.ts';
import type { TraefikRequest } from './incoming-request.testkit.ts';

const managed: ReadonlySet<string> = new Set(
  [
    'Proto',
    'For',
    'Host',
    'Port',
    'Server',
    'Uri',
    'Method',
    'Prefix',
    'Tls-Client-Cert',
    'Tls-Client-Cert-Info',
  ]
    .map((name) => `X-Forwarded-${name}`)
    .concat('X-Real-Ip'),
);

/** Whether Traefik sets a header itself: also with `_` instead of `-`, but with no other character. */
export function isManaged(name: string): boolean {
  return managed.has(toCanonicalName(name.replaceAll('_', '-')));
}

/** Names that `trustForwardHeader: true` adds to `authRequestHeaders`. */
export const managedNames: readonly string[] = [...managed];

export function deleteManaged(fields: CanonicalFields): void {
  for (const name of [...fields.keys()]) if (isManaged(name)) fields.delete(name);
}

/** An entry point's handling of the headers about the caller, and of those that `Connection` names. */
export function rewriteForwarded(request: TraefikRequest, { forwardedHeaders }: TraefikEntryPoint): void {
  const { fields, host, remoteAddress } = request;
  const { insecure, trustedIPs } = forwardedHeaders;
  if (!insecure && !trustedIPs.includes(remoteAddress)) deleteManaged(fields);
  const setMissing = (name: string, value: string): void => {
    if (firstOf(fields, name) === '' && value !== '') fields.set(name, [value]);
  };
  const upgrades = lists(fields, 'Connection', 'upgrade') && lists(fields, 'Upgrade', 'websocket');
  setMissing('X-Real-Ip', remoteAddress);
  setMissing('X-Forwarded-Proto', upgrades ? 'ws' : 'http');
  setMissing('X-Forwarded-Port', toForwardedPort(host, firstOf(fields, 'X-Forwarded-Proto')));
  setMissing('X-Forwarded-Host', host);
  const chain = fields.get('X-Forwarded-For');
  if (chain !== undefined) fields.set('X-Forwarded-For', [chain.join(', ')]);
  fields.set('X-Forwarded-Server', [hostname()]);
  removeConnectionHeaders(fields);
}

/** Port of the host, otherwise that of the scheme. */
export function toForwardedPort(host: string, proto: string): string {
  const port = /:(\d+)$/.exec(host)?.[1];
  return port ?? (proto === 'https' || proto === 'wss' ? '443' : '80');
}

/** Headers that a caller's `Connection` names are removed before the check; of the header itself, only an upgrade remains. */
function removeConnectionHeaders(fields: CanonicalFields): void {
  const upgrade = lists(fields, 'Connection', 'upgrade') ? firstOf(fields, 'Upgrade') : '';
  for (const member of membersOf(fields, 'Connection'))
    if (!isManaged(toCanonicalName(member))) fields.delete(toCanonicalName(member));
  fields.delete('Connection');
  if (upgrade === '') return;
  fields.set('Connection', ['Upgrade']);
  fields.set('Upgrade', [upgrade]);
}
