import type { Agent, IncomingMessage } from 'node:http';
import type { Clock } from '@grantgate/middleware/base/clock';
import type { TraefikForwardAuth } from './configuration.testkit.ts';
import { deleteManaged, managedNames, toForwardedPort } from './forwarded-headers.testkit.ts';
import type { CanonicalFields } from './header-fields.testkit.ts';
import { firstOf, readFields, toCanonicalName } from './header-fields.testkit.ts';
import type { TraefikRequest } from './incoming-request.testkit.ts';
import { sendOutgoing } from './outgoing-request.testkit.ts';
import { readAtMost } from './read-at-most.testkit.ts';
import { toRequestUri } from './request-target.testkit.ts';

/** The caller's response instead of the service's. */
export interface TraefikRefusal {
  readonly passes: false;
  readonly status: number;
  readonly fields: CanonicalFields;
  readonly body: Buffer;
}

/** The check let the request pass; `body` is present when the check has read it. */
export interface TraefikPass {
  readonly passes: true;
  readonly body: Buffer | undefined;
}

export interface ForwardAuthDeps {
  readonly agent: Agent;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Traefik has no option for this value. */
const timeoutMs = 30_000;

/** It contains neither `Proxy-Authorization` nor `Proxy-Connection`. */
const hopByHop = ['Connection', 'Keep-Alive', 'Te', 'Trailers', 'Transfer-Encoding', 'Upgrade'];

const refuse = (status: number): TraefikRefusal => ({
  passes: false,
  status,
  fields: new Map(),
  body: Buffer.alloc(0),
});

/** Sends a check of a request to the forward-auth server, and changes the request's headers according to its response. */
export async function checkRequest(
  request: TraefikRequest,
  options: TraefikForwardAuth,
  deps: ForwardAuthDeps,
): Promise<TraefikPass | TraefikRefusal> {
  let body: Buffer | undefined;
  if (options.forwardBody) {
    body = await readAtMost(request.body, options.maxBodySize);
    if (body === undefined) return refuse(401);
  }
  const deadline = new AbortController();
  const timer = deps.clock.after(timeoutMs, () => deadline.abort());
  try {
    const signal = AbortSignal.any([deadline.signal, deps.signal]);
    const message = await ask(request, body, options, { ...deps, signal });
    const content = await readAtMost(message, options.maxResponseBodySize);
    if (content === undefined) return refuse(401);
    const status = message.statusCode ?? 0;
    const fields = readFields(message.rawHeaders);
    if (status < 200 || status > 299)
      return { passes: false, status, fields: toCaller(fields, options), body: content };
    takeHeaders(request.fields, fields, options);
    return { passes: true, body };
  } catch {
    return refuse(500);
  } finally {
    timer.cancel();
  }
}

async function ask(
  request: TraefikRequest,
  body: Buffer | undefined,
  options: TraefikForwardAuth,
  deps: ForwardAuthDeps,
): Promise<IncomingMessage> {
  const { origin, host, pathname, search } = new URL(options.address);
  const { message } = await sendOutgoing(
    {
      method: options.preserveRequestMethod ? request.method : 'GET',
      origin,
      uri: `${pathname}${search}`,
      host,
      fields: toCheckFields(request, options),
      body: body?.length === 0 ? undefined : body,
      contentLength: request.contentLength,
    },
    deps,
  );
  return message;
}

function toCheckFields(request: TraefikRequest, options: TraefikForwardAuth): CanonicalFields {
  const { trustForwardHeader: trusts } = options;
  let fields: CanonicalFields = new Map(request.fields);
  for (const name of hopByHop) fields.delete(name);
  if (trusts === false) deleteManaged(fields);
  if (options.authRequestHeaders.length > 0) {
    const listed = [...options.authRequestHeaders, ...(trusts === true ? managedNames : [])].map(
      toCanonicalName,
    );
    fields = new Map([...fields].filter(([name]) => listed.includes(name)));
  }
  // Without the option, these four are replaced, and other managed headers stay unchanged.
  if (trusts === undefined)
    for (const name of ['Proto', 'Method', 'Host', 'Uri']) fields.delete(`X-Forwarded-${name}`);
  const chain = trusts === undefined ? undefined : fields.get('X-Forwarded-For');
  fields.set('X-Forwarded-For', [[...(chain ?? []), request.remoteAddress].join(', ')]);
  const setMissing = (name: string, value: string): void => {
    if (!fields.has(name)) fields.set(name, [value]);
  };
  setMissing('X-Forwarded-Method', request.method);
  setMissing('X-Forwarded-Proto', 'http');
  if (trusts !== undefined)
    setMissing('X-Forwarded-Port', toForwardedPort(request.host, firstOf(fields, 'X-Forwarded-Proto')));
  setMissing('X-Forwarded-Host', request.host);
  setMissing('X-Forwarded-Uri', toRequestUri(request.target));
  // With a list, or without trustForwardHeader, the name of Go's client remains.
  if (trusts === undefined || options.authRequestHeaders.length > 0)
    setMissing('User-Agent', 'Go-http-client/1.1');
  return fields;
}

/** Headers of a refusal: all except hop-by-hop headers, with `Location` resolved against the forward-auth server. */
function toCaller(
  fields: CanonicalFields,
  { preserveLocationHeader, address }: TraefikForwardAuth,
): CanonicalFields {
  const kept: CanonicalFields = new Map(fields);
  for (const name of hopByHop) kept.delete(name);
  const location = firstOf(fields, 'Location');
  if (location !== '' && !preserveLocationHeader) kept.set('Location', [new URL(location, address).href]);
  return kept;
}

function takeHeaders(fields: CanonicalFields, answered: CanonicalFields, options: TraefikForwardAuth): void {
  for (const name of options.authResponseHeaders.map(toCanonicalName)) {
    const values = answered.get(name);
    fields.delete(name);
    if (values !== undefined) fields.set(name, values);
  }
  if (options.authResponseHeadersRegex === undefined) return;
  const pattern = new RegExp(options.authResponseHeadersRegex);
  for (const name of [...fields.keys()]) if (pattern.test(name)) fields.delete(name);
  for (const [name, values] of answered) if (pattern.test(name)) fields.set(name, values);
}
