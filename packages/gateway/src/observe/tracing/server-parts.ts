import type { TracedServer } from '../../pipeline/request-trace.ts';
import type { Attributes } from './server-attributes.ts';

/** The description of a server in spans, read from its URL once. */
export interface ServerParts {
  readonly origin: string;
  readonly attributes: Attributes;
}

export function createServerParts(): (server: TracedServer) => ServerParts {
  const known = new WeakMap<TracedServer, ServerParts>();
  return (server) => {
    let parts = known.get(server);
    if (parts === undefined) {
      const { hostname, port, protocol, origin } = new URL(server.url);
      const serverPort = Number(port || (protocol === 'https:' ? 443 : 80));
      parts = { origin, attributes: { 'server.address': hostname, 'server.port': serverPort } };
      known.set(server, parts);
    }
    return parts;
  };
}
