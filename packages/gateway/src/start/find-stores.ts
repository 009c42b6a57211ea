import type { RedisStoreOptions } from '@grantgate/middleware/cache/redis/options';
import { inFlightReq } from '../middlewares/in-flight-req/kind.ts';
import { jwt } from '../middlewares/jwt/kind.ts';
import { oAuthClientCredentials } from '../middlewares/oauth-client-credentials/kind.ts';
import { oAuthIntrospection } from '../middlewares/oauth-introspection/kind.ts';
import { oAuthTokenExchange } from '../middlewares/oauth-token-exchange/kind.ts';
import { rateLimit } from '../middlewares/rate-limit/kind.ts';
import { toRedisOptions } from '../middlewares/redis-counters.ts';
import type { PreparedConfiguration } from '../snapshot/prepared.ts';

/** A store in a configuration, with one middleware that uses it. */
export interface StoreUse {
  readonly redis: RedisStoreOptions;
  readonly middleware: string;
}

/** Stores of a configuration; a store of several middlewares is listed for each of them. */
export function findStores(steps: PreparedConfiguration['steps']): readonly StoreUse[] {
  const uses: StoreUse[] = [];
  for (const [middleware, step] of steps) {
    const store = [oAuthClientCredentials, oAuthIntrospection, oAuthTokenExchange, jwt]
      .map((kind) => kind.optionsOf(step)?.store)
      .find((found) => found !== undefined);
    const limits = [rateLimit, inFlightReq]
      .map((kind) => kind.optionsOf(step)?.redis)
      .find((found) => found !== undefined);
    if (store !== undefined) uses.push({ redis: store.redis, middleware });
    if (limits !== undefined) uses.push({ redis: toRedisOptions(limits), middleware });
  }
  return uses;
}
