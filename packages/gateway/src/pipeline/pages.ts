import { STATUS_CODES } from 'node:http';
import type { ResponseWriter } from '../http1/message/response-writer.ts';
import { replaceHeaders, type HeaderList } from '../http1/message/header-list.ts';
import { normalizeHeaderName } from '@grantgate/middleware/base/header-name';
import type { StepChanges } from '../middlewares/step-changes.ts';
import { unchanged, type Page, type Pass } from '../middlewares/step.ts';
import type { CallerBody } from '../http1/message/caller-body.ts';
import { forward } from '../proxy/forward.ts';
import type { ToUpstreamHead } from '../proxy/request-headers.ts';
import type { ToCallerHead } from '../proxy/response-headers.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { IncomingRequest } from '../proxy/incoming-request.ts';
import { ResponseChain } from './response-chain.ts';
import { toRefusalResponse, writeWhole } from './write-refusal.ts';

export interface PageDeps {
  readonly toUpstreamHead: ToUpstreamHead;
  readonly toCallerHead: ToCallerHead;
}

/** A request whose response is replaced. */
interface PageRequest {
  readonly incoming: IncomingRequest;
  readonly changes: StepChanges;
  readonly requestId: string;
  readonly trace: { readonly headerLines: string } | undefined;
  /** The reason why there is no page, for the log. */
  responseInterrupted(reason: string): void;
}

/** Writes the page of a service as the response to a request. */
export type SendPage = (
  request: PageRequest,
  upstream: Upstream | undefined,
  page: Page,
  to: ResponseWriter,
) => void;

/**
 * The service of a page receives neither credentials nor tokens. It returns the whole page, whatever part or version of the
 * response the caller requested.
 */
const pagePass: Pass = Object.freeze({
  allowed: true,
  setHeaders: unchanged.setHeaders,
  removeHeaders: new Set([
    'authorization',
    'range',
    'if-range',
    'if-match',
    'if-none-match',
    'if-modified-since',
    'if-unmodified-since',
  ]),
});

/** Headers that the gateway adds about the caller. */
const forwardedNames: readonly string[] = [
  ...['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-proto', 'x-forwarded-server'],
  'x-real-ip',
];

/** Also removes the headers of a request that the service of a page must not receive. */
function toPagePass({ requestHeaders }: Page, { incoming, changes }: PageRequest): Pass {
  if (requestHeaders === undefined) return pagePass;
  const headers = [incoming.facts.rawHeaders, ...changes.map(({ setHeaders }) => setHeaders)];
  const others = [forwardedNames, ...headers.map((list) => list.filter((_text, at) => at % 2 === 0))]
    .flat()
    .filter((name) => !requestHeaders.has(name.toLowerCase()));
  return {
    ...pagePass,
    removeHeaders: new Set([...pagePass.removeHeaders, ...others.map(normalizeHeaderName)]),
  };
}

const noBody: CallerBody = Object.freeze({
  announcedBytes: 0,
  takenBytes: 0,
  whole: () => undefined,
  read() {},
  pause() {},
  resume() {},
  stop() {},
});

export function createSendPage({ toUpstreamHead, toCallerHead }: PageDeps): SendPage {
  return (request, upstream, page, to) => {
    const { facts, response: caller } = request.incoming;
    const responseInterrupted = (reason: string): void =>
      request.responseInterrupted(`error page: ${reason}`);
    const fail = (): void => {
      writeWhole(to, toRefusalResponse(page.unavailable, request.requestId, withoutId(page.headers)));
    };
    const destination = upstream?.pick(facts);
    if (destination === undefined) {
      responseInterrupted('no healthy server');
      fail();
      return;
    }
    const changes = [...request.changes, toPagePass(page, request)];
    const head = toUpstreamHead(facts, changes, destination, request);
    forward({
      incoming: {
        ...request.incoming,
        facts: { ...facts, method: 'GET' },
        body: noBody,
        response: new ResponseChain(caller, toPage(page, to)),
        expectsContinue: false,
        upgrade: undefined,
        maxBodyBytes: 0,
      },
      destination,
      target: page.target,
      head: { ...head, hasBody: false, bodyLength: undefined },
      toCallerHead,
      changes: request.changes,
      headerChanges: undefined,
      listener: {
        responseStarted() {},
        bodyForwarded() {},
        responseInterrupted,
        failed: fail,
      },
      renewHead: undefined,
      retry: undefined,
    });
  };
}

/** Gives the page the status of the response that it replaces, and the headers that are kept. */
function toPage({ status, headers }: Page, to: ResponseWriter): ResponseWriter {
  const names = new Set(headers.filter((_text, at) => at % 2 === 0).map((name) => name.toLowerCase()));
  if (status === 204 || status === 304) names.add('content-length');
  return {
    begin: (head) =>
      to.begin({
        ...head,
        status,
        reason: STATUS_CODES[status] ?? '',
        headers: replaceHeaders(head.headers, names, headers),
        reused: false,
      }),
    write: (part, lent) => to.write(part, lent),
    flush: () => to.flush(),
    onceDrained: (told) => to.onceDrained(told),
    end: (part, lent, trailers) => to.end(part, lent, trailers),
    cut: () => to.cut(),
  };
}

/** A refusal already contains the ID of its request. */
const withoutId = (headers: HeaderList): HeaderList => replaceHeaders(headers, new Set(['x-request-id']), []);
