/** Reason why a call to the Kubernetes API failed. */
export interface ApiFault {
  readonly kind:
    /** No connection, no response in time, or the connection broke. */
    | 'unreachable'
    /** The kubeconfig, the service account or the files that they name cannot be read. */
    | 'credentials'
    /** 401: the token is invalid or has expired. */
    | 'unauthorized'
    /** 403: a role is missing. */
    | 'forbidden'
    /** 404: the kind is not installed, or the object does not exist. */
    | 'not_found'
    /** 409: the object already exists. */
    | 'conflict'
    /** 410: that version is no longer available. */
    | 'expired'
    /** 422: an object fails the validation of the API server. */
    | 'invalid'
    /** 429, 5xx and any other unexpected status. */
    | 'failed';
  /** Message of the API server or the system; never contains a credential. */
  readonly message: string;
  /** Milliseconds to wait as requested by the server (RFC 9110 section 10.2.3), at most a minute. */
  readonly retryAfterMs?: number;
}

export type Result<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: ApiFault };

export const fail = (fault: ApiFault): { readonly ok: false; readonly fault: ApiFault } => ({
  ok: false,
  fault,
});

export const succeed = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });

const longestWaitMs = 60_000;

const kinds: Readonly<Record<number, ApiFault['kind']>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  410: 'expired',
  422: 'invalid',
};

/** The fault of a status; `message` is that of the `Status` object in the response, if it has one. */
export function toFault(status: number, message: string, retryAfterSeconds?: number): ApiFault {
  return {
    kind: kinds[status] ?? 'failed',
    message: message === '' ? `the API server responded with ${status}` : `${message} (${status})`,
    ...(retryAfterSeconds !== undefined && {
      retryAfterMs: Math.min(retryAfterSeconds * 1000, longestWaitMs),
    }),
  };
}

/** True for a fault that persists until the cluster is changed, so waiting does not help. */
export const isLasting = ({ kind }: ApiFault): boolean => kind === 'forbidden' || kind === 'not_found';
