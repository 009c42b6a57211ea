/** Why a call to the Kubernetes API did not do what it was to do. */
export interface ApiFault {
  readonly kind:
    /** No connection, no answer in time, or the connection broke. */
    | 'unreachable'
    /** The kubeconfig, the service account or what they refer to cannot be read. */
    | 'credentials'
    /** 401: the token is wrong or has expired. */
    | 'unauthorized'
    /** 403: a role is missing. */
    | 'forbidden'
    /** 404: the kind is not installed, or the object is gone. */
    | 'not_found'
    /** 409: it is there already. */
    | 'conflict'
    /** 410: that version is no longer kept. */
    | 'expired'
    /** 422: an object does not pass the validation of the API server. */
    | 'invalid'
    /** 429, 5xx and anything else that is not to be expected. */
    | 'failed';
  /** Says what the API server or the system said; never holds a credential. */
  readonly message: string;
  /** Milliseconds that the server asks to wait (RFC 9110 section 10.2.3), a minute at most. */
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

/** The fault that a status means; `message` as in the `Status` object of the answer, when it has one. */
export function toFault(status: number, message: string, retryAfterSeconds?: number): ApiFault {
  return {
    kind: kinds[status] ?? 'failed',
    message: message === '' ? `the API server responded with ${status}` : `${message} (${status})`,
    ...(retryAfterSeconds !== undefined && {
      retryAfterMs: Math.min(retryAfterSeconds * 1000, longestWaitMs),
    }),
  };
}

/** True for one that stays until somebody changes the cluster: waiting does not help. */
export const isLasting = ({ kind }: ApiFault): boolean => kind === 'forbidden' || kind === 'not_found';
