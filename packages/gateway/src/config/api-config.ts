import type { Secret } from '@grantgate/middleware/base/secret';

/** The API of the gateway. */
export interface ApiConfig {
  /** Undefined: there is none that serves it. */
  readonly entryPoint: string | undefined;
  /** Whether only this machine reaches the entry point. */
  readonly isLoopback: boolean;
  /** Whether reads need no token although other machines reach the entry point. */
  readonly isInsecure: boolean;
  /** Whether the dashboard is served too. */
  readonly dashboard: boolean;
  /** Before `/api` and `/dashboard`; empty: nothing. */
  readonly basePath: string;
  /** Absolute path of the Unix socket that serves it too; undefined: none. */
  readonly socket: string | undefined;
  /** The token that actions require, or a reference to it; undefined: none. */
  readonly actionsToken: Secret | undefined;
  /** The install configuration with its defaults, in the names of its options. */
  readonly effective: Readonly<Record<string, unknown>>;
}
