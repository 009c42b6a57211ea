import type { Agent } from 'node:http';
import { readFields } from './header-fields.testkit.ts';
import type { CanonicalFields } from './header-fields.testkit.ts';
import { firstOf, lists } from './header-fields.testkit.ts';
import type { TraefikRequest } from './incoming-request.testkit.ts';
import type { OutgoingResponse } from './outgoing-request.testkit.ts';
import { sendOutgoing } from './outgoing-request.testkit.ts';
import { toRequestUri } from './request-target.testkit.ts';

const hopByHop = [
  'Connection',
  'Proxy-Connection',
  'Keep-Alive',
  'Proxy-Authenticate',
  'Proxy-Authorization',
  'Te',
  'Trailer',
  'Transfer-Encoding',
  'Upgrade',
];

/** Names that Go writes in its own form, and Traefik in that of RFC 6455. */
const webSocketNames = ['Key', 'Extensions', 'Accept', 'Protocol', 'Version'];

/** Forwards a request to the service; rejects when the service cannot be reached. */
export function sendToService(
  request: TraefikRequest,
  body: Buffer | undefined,
  deps: { readonly origin: string; readonly agent: Agent; readonly signal: AbortSignal },
): Promise<OutgoingResponse> {
  return sendOutgoing(
    {
      method: request.method,
      origin: deps.origin,
      uri: toRequestUri(request.target),
      host: request.host,
      fields: toServiceFields(request),
      body: request.contentLength === 0 ? undefined : (body ?? request.body),
      contentLength: request.contentLength,
    },
    deps,
  );
}

/** Headers of the service's response for the caller. */
export function toCallerFields(response: OutgoingResponse): CanonicalFields {
  const fields = readFields(response.message.rawHeaders);
  if (response.upgraded !== undefined) return fields;
  for (const name of hopByHop) fields.delete(name);
  return fields;
}

function toServiceFields({ fields: given, remoteAddress }: TraefikRequest): CanonicalFields {
  const fields: CanonicalFields = new Map(given);
  const upgrade = lists(fields, 'Connection', 'upgrade') ? firstOf(fields, 'Upgrade') : '';
  const trailers = lists(fields, 'Te', 'trailers');
  for (const name of hopByHop) fields.delete(name);
  if (trailers) fields.set('Te', ['trailers']);
  fields.set('X-Forwarded-For', [[...(fields.get('X-Forwarded-For') ?? []), remoteAddress].join(', ')]);
  if (upgrade === '') return fields;
  fields.set('Connection', ['Upgrade']);
  fields.set('Upgrade', [upgrade]);
  if (upgrade.toLowerCase() === 'websocket')
    for (const name of webSocketNames) {
      const values = fields.get(`Sec-Websocket-${name}`);
      fields.delete(`Sec-Websocket-${name}`);
      if (values !== undefined) fields.set(`Sec-WebSocket-${name}`, values);
    }
  return fields;
}
