/** A response of the API. */
export interface AdminReply {
  readonly status: number;
  /** JSON text. */
  readonly text: string;
  /** Name and value in turn. */
  readonly headers?: readonly string[];
}

export const toResponse = (status: number, body: unknown, headers: readonly string[] = []): AdminReply => ({
  status,
  text: JSON.stringify(body),
  headers,
});

/** Headers of every response: it is not stored, and pages of other origins cannot read it. */
export const safeHeaders: readonly string[] = [
  ...['Cache-Control', 'no-store'],
  ...['X-Content-Type-Options', 'nosniff'],
  ...['Cross-Origin-Resource-Policy', 'same-origin'],
];
