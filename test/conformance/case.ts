import type { ClientCredentialsInput } from '@grantgate/middleware/options/schema';
import type { RefusalCode } from '@grantgate/middleware/decision/refusal-code';
import type { TokenEndpointName } from './token-endpoints.testkit.ts';

/** A middleware of the table: its options, with the name of a token endpoint as `url`. */
export interface ConformanceMiddleware {
  readonly endpoint: TokenEndpointName;
  readonly options: Omit<ClientCredentialsInput, 'url'>;
}

/** A caller's request; `Host` and what frames the body are added when it is sent. */
export interface CallerRequest {
  /** Default `GET`. */
  readonly method?: string;
  /** Path and query below the place at which the integration has mounted the middleware; default `/`. */
  readonly path?: string;
  /** Name and value in turn, sent as they are. */
  readonly headers?: readonly string[];
  readonly body?: string;
}

/** The request passes, and the protected service or handler sees this of it. */
export interface ExpectedPass {
  readonly passes: true;
  /** Under each name (lower case, `_` unchanged) its value, several joined by `, `; undefined: no such header. `authorization` is checked in every case. */
  readonly headers?: Readonly<Record<string, string | RegExp | undefined>>;
  /** Of `usernameClaim`; undefined: none. */
  readonly username?: string;
  /** The client ID that was exchanged. */
  readonly clientId: string;
}

/** The request is refused as design section 7 has it. */
export interface ExpectedRefusal {
  readonly passes: false;
  readonly status: number;
  /** Undefined: the body is another's, and is not looked at. Only an integration's `through` says so. */
  readonly code: RefusalCode | undefined;
  /** Whether `WWW-Authenticate: Basic` goes with it. */
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
