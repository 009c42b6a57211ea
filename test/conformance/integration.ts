import type { ClientCredentialsInput } from '@grantgate/middleware/options/schema';
import type { CallerRequest, ExpectedRefusal } from './case.ts';

/** A way of using the decision: the gateway, the middleware of a framework, or a proxy that sends checks. */
export interface Integration {
  /** Name in the test suite. */
  readonly name: string;
  /**
   * Protects a separate handler or service with each middleware, on real sockets. Started once for the whole table: the integration
   * itself decides how to distinguish the middlewares (path, host, port).
   */
  start(middlewares: Readonly<Record<string, ClientCredentialsInput>>): Promise<RunningIntegration>;
  /** A proxy's own form of a refusal; default: the refusal reaches the caller unchanged. */
  readonly through?: (refusal: ExpectedRefusal, request: CallerRequest) => ExpectedRefusal;
  /**
   * Effect of an empty value of a header; default: the header is present and empty. In either case, the caller's header is removed.
   */
  readonly emptyHeaders?: 'kept' | 'left out';
  /**
   * - `request` (default): `seen` is the request that the protected side received.
   * - `mutations`: only the headers that the decision sets, name and value in turn, as in a forward-auth response; these do not show
   *   whether the caller's headers are absent.
   */
  readonly shows?: 'request' | 'mutations';
}

export interface RunningIntegration {
  /** Sends a caller's request to the side that the named middleware protects. */
  request(middleware: string, request: CallerRequest): Promise<SeenResponse>;
  close(): Promise<void>;
}

export interface SeenResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
  /** The request that the protected service received; undefined when the service was not reached. */
  readonly seen: SeenRequest | undefined;
}

export interface SeenRequest {
  /** Name and value in turn. */
  readonly rawHeaders: readonly string[];
  /** Undefined where the integration does not show it. */
  readonly method?: string | undefined;
  /** Text of the body. */
  readonly body?: string | undefined;
  /** The parts that the integration shows: it omits other properties. */
  readonly username?: string | undefined;
  readonly clientId?: string | undefined;
}
