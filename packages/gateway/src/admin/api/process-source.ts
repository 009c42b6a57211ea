import type { Clock } from '@grantgate/middleware/base/clock';
import type { TokenCache, TierCounts } from '@grantgate/middleware/cache/token-cache';
import type { TokenTally } from '@grantgate/middleware/cache/token-tally';
import type { EndpointStates } from '@grantgate/middleware/token/endpoint-state';
import type { ApiConfig } from '../../config/api-config.ts';
import type { InstallConfig } from '../../config/install-config.ts';
import type { EntryPoints } from '../../snapshot/entry-points.ts';
import type { PreparedConfiguration } from '../../snapshot/prepared.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { PresentedCertificate } from '../../tls/presented-certificates.ts';
import type { ServerHealth } from '../../upstream/load-balancer.ts';
import type { CircuitState } from '../../middlewares/step.ts';
import type { ApiLogLevel, RecentRefusal } from './shapes.ts';
import type { StoreView } from './store-shape.ts';

/** Counts of requests: see `RequestFigures` of the metrics. */
export interface RequestNumbers {
  readonly byStatus: Readonly<Record<string, number>>;
  readonly boundsMs: readonly number[];
  readonly durations: readonly number[];
}

/** Requests for the metadata or the keys of an issuer. */
export interface IssuerNumbers {
  /** Issuer, or URL of a key set. */
  readonly url: string;
  readonly use: 'metadata' | 'keys';
  readonly requests: number;
  readonly failures: number;
  /** Milliseconds since the epoch. */
  readonly lastSuccessAt: number | undefined;
  readonly lastFailure: { readonly at: number; readonly reason: string; readonly detail: string } | undefined;
}

/** A store of one process, and the history of its operations. Times are milliseconds since the epoch. */
export interface StoreNumbers {
  /** Its addresses; `workers` for the store that the workers of one gateway share. */
  readonly name: string;
  readonly topology: StoreView['topology'];
  readonly masterSet: string | undefined;
  readonly database: number | undefined;
  readonly tls: boolean;
  readonly middlewares: readonly string[];
  /** Undefined until the first attempt to connect has ended. */
  readonly ready: boolean | undefined;
  /** When `ready` changed. */
  readonly since: number | undefined;
  /** Why it is not ready. */
  readonly reason: string | undefined;
  /** Successful operations. */
  readonly operations: number;
  readonly failures: number;
  /** Entries that could not be decrypted. */
  readonly unsealed: number;
  readonly lastSuccessAt: number | undefined;
  readonly lastFailure:
    { readonly at: number; readonly operation: string; readonly reason: string } | undefined;
  /** Milliseconds of the latest successful operations, unordered. */
  readonly durationsMs: readonly number[];
}

/** Credentials of one caller that middlewares have verified, in one process. */
export interface CallerNumbers {
  readonly clientId: string;
  /** Qualified names; they share the credentials. */
  readonly middlewares: readonly string[];
  readonly credentials: number;
  /** Those whose claims do not satisfy the middleware. */
  readonly refused: number;
  /** When the last one expires, in milliseconds since the epoch; undefined: it does not. */
  readonly expiresAt: number | undefined;
}

/** A circuit breaker of a service, in one process. */
export interface CircuitNumbers {
  /** Qualified name. */
  readonly middleware: string;
  readonly state: CircuitState;
  /** Milliseconds until the state ends by itself; undefined: it does not. */
  readonly leftMs: number | undefined;
}

/** State of one process that the API reads. */
export interface ProcessSource {
  readonly install: InstallConfig;
  readonly api: ApiConfig;
  readonly entryPoints: EntryPoints;
  readonly clock: Clock;
  readonly version: string;
  /** Number of this process among those that serve requests, from 1. */
  readonly worker: number;
  /** Crashes of earlier processes with this number; undefined: none. */
  readonly crashes:
    | {
        readonly count: number;
        /** Milliseconds since the epoch. */
        readonly lastAt: number;
        /** Exit code or signal. */
        readonly lastHow: string;
      }
    | undefined;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** The active configuration; undefined before the first. */
  readonly configuration: () =>
    | {
        readonly prepared: PreparedConfiguration;
        /** Milliseconds since the epoch. */
        readonly loadedAt: number;
      }
    | undefined;
  /** The active snapshot. */
  readonly snapshot: () => Snapshot;
  readonly cache: TokenCache;
  readonly endpoints: EndpointStates;
  readonly issuers: () => readonly IssuerNumbers[];
  readonly stores: () => readonly StoreNumbers[];
  readonly circuits: () => readonly CircuitNumbers[];
  readonly callers: () => readonly CallerNumbers[];
  /** Certificates that entry points present, sorted by expiry. */
  readonly certificates: () => readonly PresentedCertificate[];
  /** Middlewares by the tally of their tokens. */
  readonly tallies: () => ReadonlyMap<TokenTally, readonly string[]>;
  readonly lookUps: () => ReadonlyMap<string, TierCounts>;
  readonly requests: () => RequestNumbers;
  readonly requestsOf: (router: string) => RequestNumbers | undefined;
  readonly refusalCounts: () => Readonly<Record<string, number>>;
  /** Newest first. */
  readonly refusals: () => readonly RecentRefusal[];
  readonly health: () => readonly ServerHealth[];
  /** Open connections by entry point. */
  readonly connections: () => readonly (readonly [string, number])[];
  /** Why the gateway is not ready. */
  readonly unready: () => readonly string[];
  readonly logLevel: () => ApiLogLevel;
  readonly setLogLevel: (level: ApiLogLevel) => void;
}
