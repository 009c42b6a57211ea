import type { ClientCredentialsInput } from '@grantgate/middleware/options/schema';
import type { CallerRequest, ExpectedRefusal } from './case.ts';

/** A way in which people use the decision: the gateway, a framework's middleware, a proxy beside. */
export interface Integration {
  /** Of the test suite. */
  readonly name: string;
  /**
   * Protects a separate handler or service with each middleware, on real sockets. Started once for the whole table: the
   * integration itself decides by what it tells the middlewares apart (path, host, port).
   */
  start(middlewares: Readonly<Record<string, ClientCredentialsInput>>): Promise<RunningIntegration>;
  /** A proxy's own form of a refusal; default: it reaches the caller unchanged. */
  readonly through?: (refusal: ExpectedRefusal, request: CallerRequest) => ExpectedRefusal;
  /** Effect of setting a header to nothing; default: it is present and empty. In either case, the caller's own is gone. */
  readonly emptyHeaders?: 'kept' | 'left out';
  /**
   * `request` (default): `seen` is the request as the protected side received it. `mutations`: only the headers that the decision
   * sets, name and value in turn, as an answer of forward-auth has them; absence of the caller's own cannot be told there.
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
  /** The request as the protected service saw it; undefined when it was not reached. */
  readonly seen: SeenRequest | undefined;
}

export interface SeenRequest {
  /** Name and value in turn. */
  readonly rawHeaders: readonly string[];
  /** Undefined where the integration does not show it. */
  readonly method?: string | undefined;
  /** Text of the body. */
  readonly body?: string | undefined;
  /** As far as the integration tells them: an integration that does not leaves the property out. */
  readonly username?: string | undefined;
  readonly clientId?: string | undefined;
}
