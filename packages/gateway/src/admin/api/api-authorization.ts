import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestFacts } from '../../routing/facts.ts';
import { isLoopback } from '../../config/address.ts';
import type { ApiConfig } from '../../config/api-config.ts';
import { valueIn } from '../../http1/message/header-list.ts';
import { ApiError } from './api-error.ts';

/** Decides who may send requests to the API. */
export interface ApiAuthorization {
  /** @throws ApiError 401 or 403 */
  checkRead(facts: RequestFacts): void;
  /** @throws ApiError 401, 403 or 503 */
  checkAction(facts: RequestFacts): void;
}

export interface ApiAuthorizationOptions extends Pick<ApiConfig, 'isLoopback' | 'isInsecure'> {
  /** Current value of `actionsToken`; undefined when there is none. Throws when its reference cannot be resolved. */
  readonly readToken: (() => string) | undefined;
}

/**
 * A web page in a browser on this machine can send requests to a loopback address, even under its own host name by pointing that
 * name to it (DNS rebinding). Therefore requests to a loopback entry point must name a loopback address or `localhost`, and actions
 * must not have an `Origin`.
 */
export function createApiAuthorization({
  isLoopback: isOwn,
  isInsecure,
  readToken,
}: ApiAuthorizationOptions): ApiAuthorization {
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
      throw new ApiError(503, 'api.actionsToken cannot be resolved: see the log');
    }
    const given = /^bearer +(\S+)$/i.exec(authorization)?.[1] ?? '';
    if (token === '' || !isSame(given, token))
      throw new ApiError(401, 'this requires the token of api.actionsToken: Authorization: Bearer TOKEN');
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

/** Reason for refusing actions when the configuration has no secret for them. */
export const noSecret =
  'actions require a secret: set api.actionsToken, or api.socket and send the request to the socket';

/** Authorization on the Unix socket: the operating system controls access to it. */
export const localAuthorization: ApiAuthorization = Object.freeze({ checkRead() {}, checkAction() {} });

/** Compares in constant time. */
const isSame = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Browsers send the origin of a page with each of its POST requests. */
export const hasOrigin = (rawHeaders: readonly string[]): boolean =>
  valueIn(rawHeaders, 'origin') !== undefined;
