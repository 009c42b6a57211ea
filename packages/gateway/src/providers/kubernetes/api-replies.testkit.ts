/** A response of a fake API server. */
export interface ApiReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A value is sent as JSON, a text unchanged. */
  readonly body: unknown;
}

/** An error in the form of an API server. */
export const refuse = (status: number, message: string, headers?: ApiReply['headers']): ApiReply => ({
  status,
  body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code: status },
  ...(headers !== undefined && { headers }),
});

/** Errors outside the API: overload, and kinds that are not installed. */
export const refuseInText = (status: number, text: string, headers?: ApiReply['headers']): ApiReply => ({
  status,
  body: text,
  headers: { 'Content-Type': 'text/plain; charset=utf-8', ...headers },
});

/** `events.events.k8s.io`, and `secrets` of the core group. */
export const toQualified = (resource: string, group: string): string =>
  group === '' ? resource : `${resource}.${group}`;
