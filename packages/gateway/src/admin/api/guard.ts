import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestFacts } from '../../routing/facts.ts';
import { isLoopback } from '../../config/address.ts';
import type { ApiConfig } from '../../config/api-config.ts';
import { ApiError } from './api-error.ts';

/** Decides who may send requests to the API. */
export interface ApiGuard {
  /** @throws ApiError 401 or 403 */
  checkRead(facts: RequestFacts): void;
  /** @throws ApiError 401, 403 or 503 */
  checkAction(facts: RequestFacts): void;
}

export interface ApiGuardOptions extends Pick<ApiConfig, 'isLoopback' | 'isInsecure'> {
  /** Value of `actionsToken` now; undefined: there is none. Throws when its reference leads nowhere. */
  readonly readToken: (() => string) | undefined;
}

/**
 * A web page that a browser on this machine shows can send requests to a loopback address, also under a name of its own that it lets point
 * there (DNS rebinding). So a loopback entry point is addressed by a loopback address or `localhost`, and actions take no `Origin`.
 */
export function createGuard({ isLoopback: isOwn, isInsecure, readToken }: ApiGuardOptions): ApiGuard {
  const checkHost = ({ host }: RequestFacts): void => {
    if (isOwn && !isLoopback(host) && !host.endsWith('.localhost'))
      throw new ApiError(403, 'address the API as localhost or by a loopback address');
  };
  const checkToken = ({ authorization = '' }: RequestFacts): void => {
    if (readToken === undefined) throw new ApiError(403, noSecret);
    let token: string;
    try {
      token = readToken();
    } catch {
      throw new ApiError(503, 'api.actionsToken leads nowhere: see the log');
    }
    const given = /^bearer +(\S+)$/i.exec(authorization)?.[1] ?? '';
    if (token === '' || !isSame(given, token))
      throw new ApiError(401, 'this takes the token of api.actionsToken: Authorization: Bearer TOKEN');
  };
  return {
    checkRead(facts) {
      checkHost(facts);
      if (!isOwn && !isInsecure) checkToken(facts);
    },
    checkAction(facts) {
      checkHost(facts);
      if (hasOrigin(facts.rawHeaders)) throw new ApiError(403, 'requests from web pages cannot do this');
      checkToken(facts);
    },
  };
}

/** Why an action is refused where the configuration has no secret for it. */
export const noSecret =
  'actions require a secret: set api.actionsToken, or api.socket and send the request to the socket';

/** Of a Unix socket: the system has decided who reaches it. */
export const openGuard: ApiGuard = Object.freeze({ checkRead() {}, checkAction() {} });

/** In a time that does not depend on where they differ. */
const isSame = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Browsers name the origin of every page that sends a POST. */
export function hasOrigin(rawHeaders: readonly string[]): boolean {
  for (let at = 0; at < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.toLowerCase() === 'origin') return true;
  return false;
}
