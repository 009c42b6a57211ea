import type { IncomingMessage } from 'node:http';
import type { Query } from './api-objects.testkit.ts';
import type { Verb } from './resources.ts';

/** A request as interpreted by a Kubernetes API server. */
export interface ReceivedApiRequest {
  readonly method: string;
  readonly verb: Verb;
  /** Empty: the core group. */
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly query: Query;
}

const path =
  /^\/(?:api|apis\/([^/]+))\/([^/]+)(?:\/namespaces\/([^/]+)(?=\/))?\/([^/]+)(?:\/([^/]+)(\/status)?)?$/;

export function parseRequest({ url = '/', method = 'GET' }: IncomingMessage): ReceivedApiRequest {
  const { pathname, searchParams } = new URL(url, 'https://localhost');
  const [, group = '', version = '', namespace, resource = '', name, part = ''] = path.exec(pathname) ?? [];
  const query = Object.fromEntries(searchParams);
  return {
    method,
    verb: toVerb(method, name, query),
    group,
    version,
    resource: resource + part,
    namespace,
    name,
    query,
  };
}

function toVerb(method: string, name: string | undefined, query: Query): Verb {
  if (method === 'POST') return 'create';
  if (method === 'PATCH') return 'patch';
  if (query['watch'] === 'true') return 'watch';
  return name === undefined ? 'list' : 'get';
}
