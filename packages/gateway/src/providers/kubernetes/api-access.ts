import type { RequestOptions } from 'node:https';
import type { Clock } from '@grantgate/middleware/base/clock';
import type { KubernetesProviderConfig } from '../../config/kubernetes-config.ts';

/** Address of the API server, and everything that a request to it needs. */
export interface ApiConnection {
  readonly server: URL;
  /** Headers with the credentials, and the agent with the trusted authorities. */
  readonly options: RequestOptions;
}

/** Access to one API server. */
export interface ApiAccess {
  /**
   * Returns the data for a request. Tokens on disk rotate, and tokens of exec plugins expire.
   *
   * @throws AccessError
   */
  prepare(): Promise<ApiConnection>;
  /** Makes the next request read everything again, because the current credentials were refused. */
  renew(): void;
}

export type AccessConfig = Pick<
  KubernetesProviderConfig,
  'endpoint' | 'token' | 'certAuthFilePath' | 'kubeconfig' | 'context'
>;

export interface AccessSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Root folder of `/var/run/secrets/...`; default `/`. */
  readonly root?: string;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
}
