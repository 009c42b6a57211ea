import type { Server } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Auth } from '@grantgate/middleware/express';
import type { SeenRequest } from './integration.ts';
import { seenType, toSeen } from './protected-service.testkit.ts';
import type { RunningIntegration } from './integration.ts';
import { sendRequest } from './send-request.testkit.ts';

/** An integration at paths that begin with `/MIDDLEWARE/`, all on one port of 127.0.0.1. */
export async function startHttpIntegration(
  server: Server,
  close: () => Promise<unknown>,
): Promise<RunningIntegration> {
  if (!server.listening) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    async request(middleware, request) {
      const answer = await sendRequest(origin, {
        ...request,
        path: `/${middleware}${request.path ?? '/'}`,
      });
      return { ...answer, seen: toSeen(answer) };
    },
    async close() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await close();
    },
  };
}

export interface SeenParts {
  readonly method: string;
  readonly body: string;
  readonly auth: Auth | null | undefined;
}

/** Response of a handler: the request that it received, in a form that `toSeen` reads. */
export function toSeenResponse(
  rawHeaders: readonly string[],
  { method, body, auth }: SeenParts,
): { readonly type: string; readonly body: string } {
  const seen: SeenRequest = { rawHeaders, method, body, username: auth?.username, clientId: auth?.clientId };
  return { type: seenType, body: JSON.stringify(seen) };
}

/** The headers of a Node request, after a check that all its views agree. */
export function headersOf(request: IncomingMessage): readonly string[] {
  const { headers, headersDistinct, rawHeaders } = request;
  const values = new Map<string, string[]>();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase();
    values.set(name, [...(values.get(name) ?? []), rawHeaders[at + 1]!]);
  }
  const show = (views: Record<string, unknown>): string =>
    JSON.stringify(Object.entries(views).sort(([a], [b]) => (a < b ? -1 : 1)));
  const raw = show(Object.fromEntries(values));
  const joined = show(Object.fromEntries([...values].map(([name, all]) => [name, all.join(', ')])));
  if (show(headers) !== joined) throw new Error(`headers ${show(headers)}, rawHeaders ${joined}`);
  if (show(headersDistinct) !== raw)
    throw new Error(`headersDistinct ${show(headersDistinct)}, rawHeaders ${raw}`);
  return rawHeaders;
}
