import type { TracingConfig } from '../../config/otlp-config.ts';
import type { RequestRecord } from '../../pipeline/record.ts';
import { createHeaderFields, type HeaderFields } from '../header-fields.ts';
import { toClientHost, toHostOf, toPortOf } from '../logged-values.ts';
import { toSafeUrl } from './safe-url.ts';

/** Attributes of spans: the stable semantic conventions of HTTP, and attributes specific to a gateway. */
export type Attributes = Record<string, string | number | string[]>;

/** Methods that `http.request.method` defines; others are `_OTHER`. */
const knownMethods: ReadonlySet<string> = new Set(
  'CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT TRACE QUERY'.split(' '),
);

/** @returns `_OTHER` for an unregistered method, because callers could send any number of different ones. */
export const toMethod = (method: string): string => (knownMethods.has(method) ? method : '_OTHER');

/** The name of an HTTP span. */
export const toSpanName = (method: string): string => (knownMethods.has(method) ? method : 'HTTP');

/** Computes the attributes of a request's span when the request has ended. */
export function createServerAttributes({
  requestHeaders,
  safeQueryParams,
}: TracingConfig): (record: RequestRecord) => Attributes {
  const captured = createCapture(requestHeaders);
  const userAgent = createCapture(['user-agent']);
  return (record) => {
    const { facts, status, refusal, routerName, serviceName } = record;
    const { path, query } = toSafeUrl(facts.target, safeQueryParams, record.secretNames);
    const attributes: Attributes = {
      'http.request.method': toMethod(facts.method),
      'url.scheme': facts.scheme,
      'url.path': path,
      'network.protocol.version': record.httpVersion,
      'network.peer.address': facts.remoteAddress,
      'network.peer.port': facts.remotePort,
      'client.address': toClientHost(facts),
      'http.response.status_code': status,
      'grantgate.entrypoint.name': facts.entryPoint,
      'grantgate.request.id': record.requestId,
    };
    if (query !== undefined) attributes['url.query'] = query;
    if (facts.authority !== '') {
      attributes['server.address'] = toHostOf(facts.authority);
      const port = Number(toPortOf(facts.authority));
      if (port > 0) attributes['server.port'] = port;
    }
    if (routerName !== undefined) attributes['grantgate.router.name'] = routerName;
    if (serviceName !== undefined) attributes['grantgate.service.name'] = serviceName;
    if (refusal !== undefined) attributes['grantgate.refusal.code'] = refusal.code;
    if (record.retryAttempts > 0) attributes['grantgate.retry.count'] = record.retryAttempts;
    const agent = userAgent(record, 'user-agent');
    if (agent !== undefined) attributes['user_agent.original'] = agent;
    for (const name of requestHeaders) {
      const value = captured(record, name);
      if (value !== undefined) attributes[`http.request.header.${name}`] = [value];
    }
    return attributes;
  };
}

/** Reads headers as the access log would show them, with secrets redacted. @param names in lower case. */
export function createCapture(names: readonly string[]): HeaderFields['value'] {
  const headers = createHeaderFields({
    keepsOthers: true,
    names: new Map(),
    headers: { others: 'drop', names: new Map(names.map((name) => [name, 'keep'])) },
    keepsQuery: true,
  });
  return (record, name) => headers?.value(record, name);
}
