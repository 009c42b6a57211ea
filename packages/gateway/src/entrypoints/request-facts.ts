import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { toCanonicalAddress } from '../routing/address.ts';
import type { RequestFacts } from '../routing/facts.ts';
import { authorityForm, readNamedHeaders } from './message-framing.ts';
import type { IsTrusted } from './trusted-peers.ts';

interface ConnectionFacts {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localPort: number;
  readonly trusted: boolean;
}

export interface FactsDeps {
  readonly entryPoint: string;
  readonly scheme: 'http' | 'https';
  readonly isTrusted: IsTrusted;
}

/** Reads a request's facts; undefined when it is ambiguous who is asked for what (several hosts, an odd target). */
export type ReadFacts = (request: IncomingMessage) => RequestFacts | undefined;

export function createReadFacts({ entryPoint, scheme, isTrusted }: FactsDeps): ReadFacts {
  // What belongs to the connection is worked out once for all of its requests.
  const connections = new WeakMap<Socket, ConnectionFacts>();
  const connectionOf = (socket: Socket): ConnectionFacts => {
    let known = connections.get(socket);
    if (known === undefined) {
      const remoteAddress = toCanonicalAddress(socket.remoteAddress ?? '');
      known = {
        remoteAddress,
        remotePort: socket.remotePort ?? 0,
        localPort: socket.localPort ?? 0,
        trusted: isTrusted(remoteAddress),
      };
      connections.set(socket, known);
    }
    return known;
  };
  return (request) => {
    const named = readNamedHeaders(request);
    const target = toTarget(request.url ?? '');
    if (named === undefined || target === undefined) return undefined;
    // An absolute-form target's authority takes the place of Host (RFC 9112 section 3.2.2).
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
      scheme,
      rawHeaders: request.rawHeaders,
      remoteAddress: connection.remoteAddress,
      remotePort: connection.remotePort,
      localPort: connection.localPort,
      trusted: connection.trusted,
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

/** Host without port, brackets and trailing dot, in lower case. */
export function toHostName(authority: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(authority);
  const colon = authority.indexOf(':');
  const name = bracketed?.[1] ?? (colon < 0 ? authority : authority.slice(0, colon));
  return (name.endsWith('.') ? name.slice(0, -1) : name).toLowerCase();
}
