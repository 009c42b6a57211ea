import type { Secret } from '@grantgate/middleware/base/secret';

/** The API of the gateway. */
export interface ApiConfig {
  /** Undefined: no entry point serves it. */
  readonly entryPoint: string | undefined;
  /** Whether only this machine reaches the entry point. */
  readonly isLoopback: boolean;
  /** Whether reads need no token even if other machines reach the entry point. */
  readonly isInsecure: boolean;
  /** Whether the dashboard is served too. */
  readonly dashboard: boolean;
  /** Path prefix of `/api` and `/dashboard`; empty: none. */
  readonly basePath: string;
  /** Absolute path of the Unix socket that serves it too; undefined: none. */
  readonly socket: string | undefined;
  /** The token that actions require, or a reference to it; undefined: none. */
  readonly actionsToken: Secret | undefined;
  /** The install configuration with its defaults, under the names of its options. */
  readonly effective: Readonly<Record<string, unknown>>;
}
