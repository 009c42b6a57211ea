import { STATUS_CODES } from 'node:http';
import { noTrailers } from '../../http1/message/response-writer.ts';
import type { IncomingRequest } from '../../proxy/incoming-request.ts';
import type { AdminApi } from '../handle.ts';
import { createActions, type ApiActions } from './actions.ts';
import { ApiError } from './api-error.ts';
import { safeHeaders, toResponse, type AdminReply } from './admin-reply.ts';
import { createConfigurationViews } from './configuration-views.ts';
import { createEvents } from './events.ts';
import {
  createApiAuthorization,
  localAuthorization,
  type ApiAuthorization,
  type ApiAuthorizationOptions,
} from './api-authorization.ts';
import { createOpenApi } from './openapi.ts';
import type { ListPage } from './paging.ts';
import type { ProcessSource } from './process-source.ts';
import type { ApiResource, ResourceContext } from './resource.ts';
import { resources } from './resources.ts';
import type { Survey } from './survey.ts';

/** Dependencies of the API. */
export interface ApiParts extends Pick<ApiAuthorizationOptions, 'readToken'> {
  readonly source: ProcessSource;
  readonly survey: Survey;
  /** Whether actions are served on the entry point, and on the socket. */
  readonly serves: { readonly front: boolean; readonly local: boolean };
  readonly actions: ApiActions;
}

/** The API of one process, until it closes. */
export interface Api {
  /** Handler for an entry point. */
  readonly front: AdminApi;
  /** Handler for a Unix socket, without authentication. */
  readonly local: AdminApi;
  /** Ends the event streams. */
  close(): void;
}

export function createApi({ source, survey, actions, serves, readToken }: ApiParts): Api {
  const { api, entryPoints } = source;
  const toViews = createConfigurationViews(entryPoints);
  const views = () => {
    const { prepared } = source.configuration() ?? {};
    return prepared && toViews(prepared);
  };
  const common = { source, survey, views };
  const events = createEvents(common);
  const openApi = JSON.stringify(createOpenApi(source.version, api.basePath));
  const read = createRead(common, openApi);
  const prefix = `${api.basePath}/api/`;
  const open = (authorization: ApiAuthorization, isOn: boolean): AdminApi => {
    const act = createActions(actions, { survey, authorization, isOn });
    return {
      prefix,
      refuseAction(facts) {
        try {
          authorization.checkAction(facts);
          return undefined;
        } catch (error) {
          if (!(error instanceof ApiError)) throw error;
          return { status: error.status, detail: error.message };
        }
      },
      handle(incoming, onResponse) {
        const path = incoming.facts.path.slice(api.basePath.length);
        if (path === '/api/events' && isRead(incoming)) {
          const refused = findRefusal(authorization, incoming);
          if (refused === undefined && events.open(incoming.response)) onResponse(200, 0);
          else respond(incoming, refused ?? tooManyStreams, onResponse);
          return;
        }
        void respondTo(path, incoming, { authorization, act, read }).then((response) =>
          respond(incoming, response, onResponse),
        );
      },
    };
  };
  return {
    front: open(createApiAuthorization({ ...api, readToken }), serves.front),
    local: open(localAuthorization, serves.local),
    close: () => events.close(),
  };
}

const tooManyStreams = toResponse(503, { message: 'too many streams of events are open' });

interface ApiResponders {
  readonly authorization: ApiAuthorization;
  readonly act: ReturnType<typeof createActions>;
  readonly read: (path: string, query: URLSearchParams) => Promise<AdminReply>;
}

const isRead = ({ facts: { method } }: IncomingRequest): boolean => method === 'GET' || method === 'HEAD';

/** Never rejects. */
async function respondTo(
  path: string,
  incoming: IncomingRequest,
  { authorization, act, read }: ApiResponders,
): Promise<AdminReply> {
  try {
    const action = act(path, incoming);
    if (action !== undefined) return await action;
    authorization.checkRead(incoming.facts);
    if (!isRead(incoming))
      return toResponse(405, { message: 'the API is read-only: send GET or HEAD' }, ['Allow', 'GET, HEAD']);
    return await read(path, new URLSearchParams(incoming.facts.query));
  } catch (error) {
    return toErrorResponse(error);
  }
}

function findRefusal(authorization: ApiAuthorization, { facts }: IncomingRequest): AdminReply | undefined {
  try {
    authorization.checkRead(facts);
    return undefined;
  } catch (error) {
    return toErrorResponse(error);
  }
}

function toErrorResponse(error: unknown): AdminReply {
  if (!(error instanceof ApiError))
    return toResponse(503, { message: 'a worker did not reply: send the request again' });
  const headers = error.status === 401 ? ['WWW-Authenticate', 'Bearer realm="grantgate"'] : [];
  return toResponse(error.status, { message: error.message }, headers);
}

function createRead(
  common: Omit<ResourceContext, 'query' | 'name'>,
  openApi: string,
): (path: string, query: URLSearchParams) => Promise<AdminReply> {
  return async (path, query) => {
    if (path === '/api/openapi.json') return { status: 200, text: openApi };
    const { resource, name } = findResource(path);
    if (resource === undefined) throw new ApiError(404, `not found: ${path.slice(0, 256)}`);
    const result = await resource.read({ ...common, query, name });
    if (resource.kind === 'single') return toResponse(200, result);
    const { items, nextPage, total } = result as ListPage<unknown>;
    return toResponse(200, items, ['X-Next-Page', String(nextPage), 'X-Total-Count', String(total)]);
  };
}

const byPath: ReadonlyMap<string, ApiResource> = new Map(
  resources.map((resource) => [resource.path, resource]),
);

function findResource(path: string): { readonly resource: ApiResource | undefined; readonly name: string } {
  const exact = path.includes('{') ? undefined : byPath.get(path);
  if (exact !== undefined) return { resource: exact, name: '' };
  const slash = path.lastIndexOf('/');
  try {
    const name = decodeURIComponent(path.slice(slash + 1));
    return { resource: name === '' ? undefined : byPath.get(`${path.slice(0, slash)}/{name}`), name };
  } catch {
    return { resource: undefined, name: '' };
  }
}

function respond(
  { facts, response }: IncomingRequest,
  { status, text, headers = [] }: AdminReply,
  onResponse: (status: number, bytes: number) => void,
): void {
  // The caller may have disconnected meanwhile.
  if (response.over) return;
  const body = Buffer.from(text);
  onResponse(status, body.length);
  response.begin({
    status,
    reason: STATUS_CODES[status] ?? '',
    headers: [
      ...headers,
      ...safeHeaders,
      'Content-Type',
      'application/json',
      'Content-Length',
      String(body.length),
    ],
    dated: true,
    reused: false,
  });
  response.end(facts.method === 'HEAD' ? undefined : body, false, noTrailers);
}
