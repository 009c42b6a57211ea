import type { RequestOptions } from 'node:https';
import type { Clock } from '@grantgate/middleware/base/clock';
import type { KubernetesProviderConfig } from '../../config/install.ts';

/** Where the API server is, and how a request to it is made. */
export interface ApiConnection {
  readonly server: URL;
  /** Headers with the credentials, and the agent that knows whom to trust. */
  readonly options: RequestOptions;
}

/** The way to one API server. */
export interface ApiAccess {
  /**
   * Reads what a request needs: tokens on disk rotate, and those of exec plugins expire.
   *
   * @throws AccessError
   */
  prepare(): Promise<ApiConnection>;
  /** Has everything read again by the next request: what there is was refused. */
  renew(): void;
}

export type AccessConfig = Pick<
  KubernetesProviderConfig,
  'endpoint' | 'token' | 'certAuthFilePath' | 'kubeconfig' | 'context'
>;

export interface AccessSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder that `/var/run/secrets/...` is in; default the root. */
  readonly root?: string;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
}
