/** What the Kubernetes provider announces about the API server; never an object's contents. */
export type ApiEvent =
  /** The API server answers again, or not for now and why. */
  | { readonly kind: 'state'; readonly ready: boolean; readonly reason: string | undefined }
  /** The API server rejects Events of a namespace: what is wrong is said in the log alone. */
  | { readonly kind: 'events_refused'; readonly namespace: string; readonly reason: string };
