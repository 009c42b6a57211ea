import type { BearerGuard } from './bearer-guard.ts';
import type { Guard } from './guard.ts';
import type { RouteRequirements } from './route-requirements.ts';

/** The guard of an application for a framework. @typeParam Middleware of the framework. @typeParam RouteMiddleware for one route. */
export type RouteGuard<Middleware, RouteMiddleware = Middleware> = Middleware & {
  /**
   * Protects one route, with the same verifier and cache, and with additional requirements. It may follow the guard itself.
   *
   * @throws OptionsError `options_invalid`, with every problem and its path.
   */
  route(requirements: RouteRequirements): RouteMiddleware;
  /** Drops the verified tokens of one client, or of all, and returns their number. Each is verified again at its next use. */
  purge(clientId?: string): number;
  /** Drops the verified tokens and closes the connections to the authorization server. Close the server first. */
  close(): Promise<void>;
};

/** Turns a guard into middleware. @param toRoute for single routes. */
export function toRouteGuard<Middleware extends object, RouteMiddleware>(
  guard: BearerGuard,
  toMiddleware: (guard: Guard) => Middleware,
  toRoute: (guard: Guard) => RouteMiddleware,
): RouteGuard<Middleware, RouteMiddleware> {
  return Object.assign(toMiddleware(guard), {
    route: (requirements: RouteRequirements) => toRoute(guard.route(requirements)),
    purge: guard.purge,
    close: () => guard.close(),
  });
}
