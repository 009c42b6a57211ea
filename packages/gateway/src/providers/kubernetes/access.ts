import type { Clock } from '@grantgate/middleware/base/clock';
import { systemClock } from '@grantgate/middleware/base/clock';
import type { AccessConfig, AccessSources, ApiAccess, ApiConnection } from './api-access.ts';
import { createFindAgent } from './agents.ts';
import { findDirect, prepareDirect } from './direct-access.ts';

/** Milliseconds for which token and authority files are cached; they are read again at once when the API server refuses them. */
const freshMs = 60_000;

/**
 * Selects the API server: `endpoint`; `kubeconfig`; that of the pod in which this process runs; `KUBECONFIG`;
 * `~/.kube/config`. Nothing is read before the first request. Only a kubeconfig needs the client library, an optional
 * package that takes 40 MiB of memory.
 */
export function createAccess(config: AccessConfig, sources: AccessSources): ApiAccess {
  const findAgent = createFindAgent();
  const direct = findDirect(config, sources);
  if (direct !== undefined)
    return keepFresh(() => prepareDirect(direct, findAgent), sources.clock ?? systemClock);
  let loading: Promise<() => Promise<ApiConnection>> | undefined;
  return {
    async prepare() {
      loading ??= import('./kubeconfig-access.ts').then(({ openKubeconfig }) =>
        openKubeconfig(config, sources.env, findAgent),
      );
      const loaded = loading;
      try {
        return await (
          await loaded
        )();
      } catch (error) {
        // A resource that is unreadable now may be readable next time.
        if (loading === loaded) loading = undefined;
        throw error;
      }
    },
    renew: () => void (loading = undefined),
  };
}

function keepFresh(prepare: () => ApiConnection, clock: Clock): ApiAccess {
  let last: { readonly prepared: ApiConnection; readonly untilMs: number } | undefined;
  return {
    async prepare() {
      const now = clock.monotonic();
      if (last === undefined || now >= last.untilMs) last = { prepared: prepare(), untilMs: now + freshMs };
      return last.prepared;
    },
    renew: () => void (last = undefined),
  };
}
