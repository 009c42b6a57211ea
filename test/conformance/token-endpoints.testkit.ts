import type { AuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { startAuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import type { Script } from '../../packages/testkit/src/scripted-server.ts';
import { findClosedPort, json, startScriptedServer } from '../../packages/testkit/src/scripted-server.ts';

/** A real authorization server, and behaviour that a certified one does not have. */
export type TokenEndpointName =
  'real' | 'closed' | 'busy' | 'failing' | 'silent' | 'rejecting' | 'garbled' | 'misleading';

export interface TokenEndpoints {
  readonly urls: Readonly<Record<TokenEndpointName, string>>;
  readonly server: AuthorizationServer;
  close(): Promise<void>;
}

/** Claims with every kind of value. */
export const everyClaim: Readonly<Record<string, unknown>> = {
  grp: 'admin',
  level: 7,
  active: true,
  nothing: null,
  tags: ['a', 'b c', 3],
  user: { name: 'Zoë', 'first.name': 'Z' },
  'a.b': 'dotted',
  permissions: 'orders:read orders:write',
};

const scripts: Readonly<
  Record<'busy' | 'failing' | 'silent' | 'rejecting' | 'garbled' | 'misleading', Script>
> = {
  busy: [(response) => json(response, 429, {}, { 'retry-after': '7' })],
  failing: [(response) => json(response, 500, { error: 'server_error', secret: 'of the server' })],
  silent: [() => {}],
  rejecting: [
    (response) => json(response, 400, { error: 'invalid_scope', error_description: 'of the server' }),
  ],
  garbled: [(response) => json(response, 200, { access_token: 'eyJ', token_type: 'mac' })],
  misleading: [
    (response) =>
      json(response, 200, {
        access_token: `${encode({ alg: 'none' })}.${encode({ grp: 'admin\r\nX-Admin: yes' })}.`,
        token_type: 'Bearer',
        expires_in: 3600,
      }),
  ],
};

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** Starts every token endpoint of the table. The secret of each client of the real one is its ID and `-secret`. */
export async function startTokenEndpoints(): Promise<TokenEndpoints> {
  const client = (clientId: string, secret = `${clientId}-secret`) => ({ clientId, clientSecret: secret });
  const server = await startAuthorizationServer({
    clients: [
      { ...client('admin'), claims: everyClaim },
      { ...client('tester'), claims: { grp: 'tester' } },
      { ...client('opaque'), tokens: 'opaque' },
      { ...client('orders/1 +%', 'a: b+%&"-secret'), claims: { grp: 'admin' } },
      { ...client('gateway'), claims: { grp: 'gateway' } },
    ],
  });
  const scripted = await Promise.all(
    Object.entries(scripts).map(
      async ([name, script]) => [name, await startScriptedServer(...script)] as const,
    ),
  );
  const faults = Object.fromEntries(scripted.map(([name, { url }]) => [name, url])) as Record<
    keyof typeof scripts,
    string
  >;
  const closed = `http://127.0.0.1:${await findClosedPort()}/token`;
  return {
    urls: { real: server.url, closed, ...faults },
    server,
    async close() {
      await Promise.all([server.close(), ...scripted.map(([, fault]) => fault.close())]);
    },
  };
}
