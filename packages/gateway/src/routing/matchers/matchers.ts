import type { FunctionTable } from '@grantgate/middleware/predicate/functions';
import type { MatchContext } from '../match-context.ts';
import { clientIp } from './client-ip.ts';
import { header, headerRegexp } from './header.ts';
import { host, hostRegexp } from './host.ts';
import { method } from './method.ts';
import { path, pathPrefix, pathRegexp } from './path.ts';
import { query, queryRegexp } from './query.ts';

/** Every matcher of a Traefik v3 rule. */
export const matchers: FunctionTable<MatchContext> = {
  ClientIP: clientIp,
  Header: header,
  HeaderRegexp: headerRegexp,
  Host: host,
  HostRegexp: hostRegexp,
  Method: method,
  Path: path,
  PathPrefix: pathPrefix,
  PathRegexp: pathRegexp,
  Query: query,
  QueryRegexp: queryRegexp,
};
