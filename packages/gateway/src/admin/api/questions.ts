import type { ApiLogLevel, AuthorizationServerView, RecentRefusal, TokenView } from './shapes.ts';
import type {
  CallerNumbers,
  CircuitNumbers,
  ProcessSource,
  RequestNumbers,
  StoreNumbers,
} from './process-source.ts';

/** A question that the process with the request sends to every process; plain data. */
export type ApiQuestion =
  | { readonly kind: 'overview' }
  | { readonly kind: 'refusals' }
  | { readonly kind: 'servers' }
  | { readonly kind: 'stores' }
  | { readonly kind: 'circuits' }
  | { readonly kind: 'callers' }
  | { readonly kind: 'authorizationServers' }
  | { readonly kind: 'router'; readonly name: string }
  | { readonly kind: 'tokenMiddlewares' }
  | { readonly kind: 'tokens'; readonly query: TokenQuery }
  | { readonly kind: 'logLevel'; readonly level: ApiLogLevel };

/** Selects the tokens and their order. */
export interface TokenQuery {
  /** Maximum number of tokens. */
  readonly count: number;
  /** Part of the client ID, in lower case; empty: any client. */
  readonly search: string;
  readonly clientId: string | undefined;
  readonly middleware: string | undefined;
  readonly source: TokenView['source'] | undefined;
  readonly sortBy: TokenSortKey;
  readonly isDescending: boolean;
}

export const tokenSortKeys = ['expiresAt', 'obtainedAt', 'refreshAt', 'clientID'] as const;
export type TokenSortKey = (typeof tokenSortKeys)[number];

/** Reply of one process; its member has the name of the question. */
export interface ApiReadings {
  readonly overview: OverviewReading;
  readonly refusals: readonly RecentRefusal[];
  /** Servers with a health check. */
  readonly servers: readonly { readonly service: string; readonly url: string; readonly up: boolean }[];
  readonly stores: readonly StoreNumbers[];
  readonly circuits: readonly CircuitNumbers[];
  readonly callers: readonly CallerNumbers[];
  readonly authorizationServers: readonly AuthorizationServerReading[];
  /** Null for a router without counts. */
  readonly router: RequestNumbers | null;
  readonly tokenMiddlewares: readonly TokenMiddlewareReading[];
  readonly tokens: TokensReading;
  readonly logLevel: true;
}

export interface OverviewReading {
  /** From 1. */
  readonly worker: number;
  readonly crashes: ProcessSource['crashes'];
  readonly startedAt: number;
  readonly loadedAt: number;
  readonly waitingFor: readonly string[];
  readonly requests: RequestNumbers['byStatus'];
  readonly refusals: Readonly<Record<string, number>>;
  /** Numbers that identify the credentials whose tokens are cached. */
  readonly cached: Float64Array;
  readonly memory: number;
  readonly store: number;
  readonly server: number;
  readonly failingRenewals: number;
  readonly connections: readonly (readonly [string, number])[];
}

/** One endpoint, including data that can only be summed up over several processes. */
export interface AuthorizationServerReading extends Omit<AuthorizationServerView, 'latencyMs' | 'status'> {
  readonly durationsMs: readonly number[];
}

export interface TokenMiddlewareReading {
  readonly middleware: string;
  readonly endpoint: string;
  readonly cached: Float64Array;
  readonly memory: number;
  readonly store: number;
  readonly server: number;
  readonly failingRenewals: number;
}

export interface TokensReading {
  /** Total over all matches of the query. */
  readonly ids: Float64Array;
  /** The first matches, each with its number. */
  readonly rows: readonly TokenRow[];
}

export interface TokenRow {
  readonly id: number;
  readonly key: string | number;
  readonly view: TokenView;
}
