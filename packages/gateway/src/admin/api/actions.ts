import type { IncomingRequest } from '../../proxy/incoming-request.ts';
import { readBody } from '../read-body.ts';
import { ApiError } from './api-error.ts';
import { toResponse, type AdminReply } from './admin-reply.ts';
import type { ApiAuthorization } from './api-authorization.ts';
import { logLevelShape, type ApiLogLevel } from './shapes.ts';
import type { Survey } from './survey.ts';

/** Actions of operators. */
export interface ApiActions {
  /** Called when the level of the log has changed. */
  readonly onLogLevel: (level: ApiLogLevel) => void;
  /** Called when the gateway is about to shut down. */
  readonly onDrain: () => void;
  /** Shuts down the whole gateway; undefined where that is impossible. */
  readonly drain: (() => void) | undefined;
}

const paths: ReadonlySet<string> = new Set(['/api/log/level', '/api/drain']);

/** Performs the action of a POST. @returns undefined when the request names no action. */
export function createActions(
  { onLogLevel, onDrain, drain }: ApiActions,
  {
    survey,
    authorization,
    isOn,
  }: { readonly survey: Survey; readonly authorization: ApiAuthorization; readonly isOn: boolean },
): (path: string, incoming: IncomingRequest) => Promise<AdminReply> | undefined {
  const setLevel = async (incoming: IncomingRequest): Promise<AdminReply> => {
    const text = await readBody(incoming);
    if (text === undefined) throw new ApiError(413, 'the body is too long');
    const read = logLevelShape.safeParse(parseJson(text));
    if (!read.success) throw new ApiError(400, 'level: expected debug, info, warn or error');
    const { level } = read.data;
    const { readings, asked } = await survey({ kind: 'logLevel', level });
    if (readings.length < asked) throw new ApiError(503, 'a worker did not reply: send the request again');
    onLogLevel(level);
    return toResponse(200, { level });
  };
  const act = async (path: string, incoming: IncomingRequest): Promise<AdminReply> => {
    authorization.checkAction(incoming.facts);
    if (path === '/api/log/level') return setLevel(incoming);
    if (drain === undefined)
      throw new ApiError(404, 'this gateway is shut down by the program that it is part of');
    onDrain();
    // Shuts down only after the response has been sent.
    setImmediate(drain);
    return toResponse(202, { draining: true });
  };
  return (path, incoming) => {
    if (!isOn || !paths.has(path)) return undefined;
    if (incoming.facts.method !== 'POST')
      return Promise.resolve(toResponse(405, { message: 'send POST' }, ['Allow', 'POST']));
    return act(path, incoming);
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
