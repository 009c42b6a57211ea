import type { Clock } from '@grantgate/middleware/base/clock';
import { systemClock } from '@grantgate/middleware/base/clock';
import type { TokenView } from '../admin/api/shapes.ts';
import { toTable, withApi, type ApiFlags } from './api-client.ts';
import type { Io } from './io.ts';

export interface TokensFlags extends ApiFlags {
  readonly middleware?: string;
  readonly client?: string;
  readonly limit?: string;
}

/** `grantgate tokens`: 0, also when no token is cached. */
export async function runTokens(flags: TokensFlags, io: Io, clock: Clock = systemClock): Promise<number> {
  const { middleware, client: clientID, limit = '100' } = flags;
  const query = new URLSearchParams({ per_page: limit });
  if (middleware !== undefined) query.set('middleware', middleware);
  if (clientID !== undefined) query.set('clientID', clientID);
  return withApi(flags, io, clock, async (client) => {
    // A gateway of this version responds according to its shapes.
    const tokens = (await client.get(`/api/tokens?${query.toString()}`)) as readonly TokenView[];
    if (flags.json === true) io.stdout.write(`${JSON.stringify(tokens)}\n`);
    else if (tokens.length === 0) io.stdout.write('no token is cached\n');
    else
      io.stdout.write(
        toTable([
          ['client', 'middlewares', 'expires', 'refresh', 'source', 'claims'],
          ...tokens.map((token) => [
            ...[
              token.clientID,
              token.middlewares.join(','),
              token.expiresAt,
              token.refreshAt ?? 'in progress',
            ],
            ...[token.source, token.format === 'opaque' ? '(opaque)' : token.claims.join(',')],
          ]),
        ]),
      );
    return 0;
  });
}
