import type { BearerMiddleware } from './bearer-middleware.ts';
import type { ApplicationMiddleware } from './middleware.ts';
import type { RouteRequirements } from './route-requirements.ts';

/** Middleware of a framework that protects routes. @typeParam RouteMiddleware for one route. */
export type FrameworkMiddleware<Middleware, RouteMiddleware = Middleware> = Middleware & {
  /**
   * Protects one route, with the same verifier and cache, and with additional requirements. It may follow the middleware itself.
   *
   * @throws OptionsError `options_invalid`, with every problem and its path.
   */
  route(requirements: RouteRequirements): RouteMiddleware;
  /** Drops the verified tokens of one client, or of all, and returns their number. Each is verified again at its next use. */
  purge(clientId?: string): number;
  /** Drops the verified tokens and closes the connections to the authorization server. Close the server first. */
  close(): Promise<void>;
};

/** @param toRoute creates the middleware of a single route. */
export function toFrameworkMiddleware<Middleware extends object, RouteMiddleware>(
  middleware: BearerMiddleware,
  toMiddleware: (middleware: ApplicationMiddleware) => Middleware,
  toRoute: (middleware: ApplicationMiddleware) => RouteMiddleware,
): FrameworkMiddleware<Middleware, RouteMiddleware> {
  return Object.assign(toMiddleware(middleware), {
    route: (requirements: RouteRequirements) => toRoute(middleware.route(requirements)),
    purge: middleware.purge,
    close: () => middleware.close(),
  });
}
