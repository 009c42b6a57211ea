import type { IncomingMessage } from 'node:http';
import type { RequestFacts } from '../../routing/facts.ts';
import type { ConnectionFactsOf } from './connection-facts.ts';
import { authorityForm, toHostName } from '../message/authority.ts';
import { readNamedHeaders } from './named-headers.ts';

export interface FactsDeps {
  readonly entryPoint: string;
  readonly connectionOf: ConnectionFactsOf;
}

/** Reads the properties of a request; undefined when its host or target is ambiguous (several hosts, an odd target). */
export type ReadFacts = (request: IncomingMessage) => RequestFacts | undefined;

export function createReadFacts({ entryPoint, connectionOf }: FactsDeps): ReadFacts {
  return (request) => {
    const named = readNamedHeaders(request);
    const target = toTarget(request.url ?? '');
    if (named === undefined || target === undefined) return undefined;
    // The authority of an absolute-form target replaces Host (RFC 9112 section 3.2.2).
    const authority = target.authority ?? named.host ?? '';
    const question = target.text.indexOf('?');
    const connection = connectionOf(request.socket);
    return Object.freeze({
      entryPoint,
      method: request.method ?? 'GET',
      target: target.text,
      path: question < 0 ? target.text : target.text.slice(0, question),
      query: question < 0 ? '' : target.text.slice(question + 1),
      host: toHostName(authority),
      authority,
      scheme: connection.tls === undefined ? 'http' : 'https',
      rawHeaders: request.rawHeaders,
      reusesHeaders: false,
      remoteAddress: connection.remoteAddress,
      remotePort: connection.remotePort,
      trusted: connection.trusted,
      tls: connection.tls,
      authorization: named.authorization,
    });
  };
}

function toTarget(url: string): { readonly text: string; readonly authority?: string } | undefined {
  // A fragment is never sent (RFC 9110 section 7.1).
  if (url.includes('#')) return undefined;
  if (url.startsWith('/')) return { text: url };
  const absolute = /^https?:\/\/([^/?]+)(.*)$/i.exec(url);
  if (absolute === null || !authorityForm.test(absolute[1] ?? '')) return undefined;
  const [, authority = '', rest = ''] = absolute;
  return { text: rest.startsWith('/') ? rest : `/${rest}`, authority };
}
