/** A request to Traefik, and what the forward-auth server says to it. */
export interface ContractCase {
  /** A sentence; unique. */
  readonly name: string;
  /** One of `entryPoints`; default `plain`. */
  readonly entryPoint?: string;
  /** One of `checks`: the path begins with it. Default `plain`. */
  readonly check?: string;
  readonly method?: string;
  /** Path and query below the check; default `1`. Sent as it is. */
  readonly path?: string;
  /** Name and value in turn, sent as they are. */
  readonly headers?: readonly string[];
  readonly body?: string;
  /** Default `http1`. `upgrade`: a WebSocket handshake, then some bytes that come back. */
  readonly transport?: 'http1' | 'http2' | 'upgrade';
  /** Default: 200 with `Authorization` and `X-User`. */
  readonly answer?: ContractResponse;
}

export interface ContractResponse {
  readonly status: number;
  readonly headers?: readonly string[];
  readonly body?: string;
}

/** A request as a server behind Traefik got it: `METHOD uri`, `Name: value` in the order of the wire, and the body. */
export interface ContractRequest {
  readonly request: string;
  readonly headers: readonly string[];
  readonly body: string;
}

/** Outcome of a case. Ports, the name of the machine and the date are replaced, and varying parts are left out. */
export interface ContractObservation {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: string;
  /** Null: the server was not reached. */
  readonly check: ContractRequest | null;
  readonly service: ContractRequest | null;
}
