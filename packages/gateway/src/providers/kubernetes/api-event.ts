import type { ApiFault } from './fault.ts';
import type { Verb } from './resources.ts';

/** A request to the API server. */
export interface ApiCall {
  readonly verb: Verb;
  /** In URLs and roles: plural, lower case. */
  readonly resource: string;
  /** Status of the response, or `error` without one. */
  readonly code: string;
}

/** Events of the Kubernetes provider about the API server; never an object's contents. */
export type ApiEvent =
  /** The API server is available again, or unavailable with a reason. */
  | {
      readonly kind: 'state';
      readonly ready: boolean;
      readonly reason: string | undefined;
      /** Distinguishes reasons; undefined when it is ready. */
      readonly cause: ApiFault['kind'] | undefined;
    }
  /** The gateway is ready although these Secrets, `namespace/name`, have not been read. */
  | { readonly kind: 'secrets_overdue'; readonly secrets: readonly string[] }
  /** The API server rejected one Event. */
  | { readonly kind: 'event_refused'; readonly reason: ApiFault['kind'] }
  /** The API server does not allow the status of a namespace's HTTPRoutes to be written. */
  | { readonly kind: 'statuses_refused'; readonly namespace: string; readonly reason: string }
  /** The API server rejects Events of a namespace, so problems there appear only in the log. */
  | { readonly kind: 'events_refused'; readonly namespace: string; readonly reason: string };
