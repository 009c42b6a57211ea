import type { ClientCredentialsInput } from '@grantgate/middleware/options/schema';
import type { RefusalCode } from '@grantgate/middleware/decision/refusal-code';
import type { TokenEndpointName } from './token-endpoints.testkit.ts';

/** A middleware of the table: its options, with the name of a token endpoint as `url`. */
export interface ConformanceMiddleware {
  readonly endpoint: TokenEndpointName;
  readonly options: Omit<ClientCredentialsInput, 'url'>;
}

/** A caller's request; `Host` and the headers that frame the body are added when it is sent. */
export interface CallerRequest {
  /** Default `GET`. */
  readonly method?: string;
  /** Path and query below the mount point of the middleware in the integration; default `/`. */
  readonly path?: string;
  /** Name and value in turn, sent unchanged. */
  readonly headers?: readonly string[];
  readonly body?: string;
}

/** The request passes; these are the parts that the protected service or handler receives. */
export interface ExpectedPass {
  readonly passes: true;
  /**
   * The value of each name (lower case, `_` unchanged), several joined by `, `; undefined: no such header. `authorization` is
   * checked in every case.
   */
  readonly headers?: Readonly<Record<string, string | RegExp | undefined>>;
  /** Of `usernameClaim`; undefined: none. */
  readonly username?: string;
  /** The client ID that was exchanged. */
  readonly clientId: string;
}

/** The request is refused according to section 7 of the design. */
export interface ExpectedRefusal {
  readonly passes: false;
  readonly status: number;
  /** Undefined: another party wrote the body, and it is not compared. Only `through` of an integration sets this. */
  readonly code: RefusalCode | undefined;
  /** Whether the refusal has `WWW-Authenticate: Basic`. */
  readonly challenge: boolean;
  /** Value of `Retry-After`; undefined: no such header. */
  readonly retryAfter: string | undefined;
}

export interface ConformanceCase {
  /** A sentence; unique. */
  readonly name: string;
  /** Name in the table of middlewares. */
  readonly middleware: string;
  readonly request: CallerRequest;
  readonly expected: ExpectedPass | ExpectedRefusal;
}
