import type { ApiQuestion, ApiReadings, OverviewReading } from './questions.ts';
import { readAuthorizationServers } from './authorization-servers.ts';
import type { ProcessSource } from './process-source.ts';
import { createTokenReader, type TokenReader } from './read-tokens.ts';

/** Replies to questions for this process. */
export function createReadProcess(source: ProcessSource): (question: ApiQuestion) => unknown {
  const tokens = createTokenReader(source);
  const read: {
    readonly [K in ApiQuestion['kind']]: (question: ApiQuestion & { kind: K }) => ApiReadings[K];
  } = {
    overview: () => readOverview(source, tokens),
    refusals: () => source.refusals(),
    servers: () => source.health().map(({ service, url, up }) => ({ service, url, up })),
    stores: () => source.stores(),
    circuits: () => source.circuits(),
    callers: () => source.callers(),
    authorizationServers: () => readAuthorizationServers(source),
    router: ({ name }) => source.requestsOf(name) ?? null,
    tokenMiddlewares: () => tokens.byMiddleware(),
    tokens: ({ query }) => tokens.find(query),
    logLevel({ level }) {
      source.setLogLevel(level);
      return true;
    },
  };
  // The kind of a question determines its reader.
  return (question) => (read[question.kind] as (question: ApiQuestion) => unknown)(question);
}

function readOverview(source: ProcessSource, tokens: TokenReader): OverviewReading {
  const { memory, store, server } = source.cache.counts();
  let failingRenewals = 0;
  for (const count of source.cache.failingRenewals().values()) failingRenewals += count;
  return {
    worker: source.worker,
    crashes: source.crashes,
    startedAt: source.startedAt,
    loadedAt: source.configuration()?.loadedAt ?? source.startedAt,
    waitingFor: source.unready(),
    requests: source.requests().byStatus,
    refusals: source.refusalCounts(),
    cached: tokens.ids(),
    memory,
    store,
    server,
    failingRenewals,
    connections: source.connections(),
  };
}
