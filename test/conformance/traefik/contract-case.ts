/** A request to Traefik, and the response of the forward-auth server. */
export interface ContractCase {
  /** A sentence; unique. */
  readonly name: string;
  /** One of `entryPoints`; default `plain`. */
  readonly entryPoint?: string;
  /** One of `checks`: the path begins with it. Default `plain`. */
  readonly check?: string;
  readonly method?: string;
  /** Path and query below the check; default `1`. Sent unchanged. */
  readonly path?: string;
  /** Name and value in turn, sent unchanged. */
  readonly headers?: readonly string[];
  readonly body?: string;
  /** Default `http1`. `upgrade`: a WebSocket handshake, then some bytes that the server returns. */
  readonly transport?: 'http1' | 'http2' | 'upgrade';
  /** Default: 200 with `Authorization` and `X-User`. */
  readonly answer?: ContractResponse;
}

export interface ContractResponse {
  readonly status: number;
  readonly headers?: readonly string[];
  readonly body?: string;
}

/** A request that a server behind Traefik received: `METHOD uri`, `Name: value` in the order of the wire, and the body. */
export interface ContractRequest {
  readonly request: string;
  readonly headers: readonly string[];
  readonly body: string;
}

/** Outcome of a case. Ports, the name of the machine and the date are replaced, and varying parts are omitted. */
export interface ContractObservation {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: string;
  /** Null: the server was not reached. */
  readonly check: ContractRequest | null;
  readonly service: ContractRequest | null;
}
