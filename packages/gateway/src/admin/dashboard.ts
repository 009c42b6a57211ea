import { readdir } from 'node:fs/promises';
import { STATUS_CODES } from 'node:http';
import { extname, join } from 'node:path';
import { readRegularFile } from '@grantgate/middleware/base/read-regular-file';
import { noTrailers } from '../http1/message/response-writer.ts';
import type { IncomingRequest } from '../proxy/incoming-request.ts';

/** The page that displays the API. */
export interface AdminDashboard {
  /** Whether it serves a path: `/`, `/dashboard`, and everything below `/dashboard/`. */
  readonly serves: (path: string) => boolean;
  /** @param onResponse called with each response, before it is written. */
  readonly handle: (incoming: IncomingRequest, onResponse: (status: number, bytes: number) => void) => void;
}

interface DashboardResponse {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: Buffer;
}

const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const fileLimit = { bytes: 1024 * 1024, text: '1 MiB' };
const index = 'index.html';

/** Allows scripts, styles and requests from this origin only, none of them inline; no other page may frame it. */
const contentSecurityPolicy = [
  "default-src 'none'",
  ...["script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self'"],
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
].join('; ');
const security = [
  ...['Content-Security-Policy', contentSecurityPolicy],
  ...['X-Content-Type-Options', 'nosniff'],
  ...['Referrer-Policy', 'no-referrer'],
  ...['Cross-Origin-Opener-Policy', 'same-origin'],
  ...['Cross-Origin-Resource-Policy', 'same-origin'],
];

/**
 * Serves the dashboard's files. They are read by the first request, because the start does not need them.
 *
 * @param basePath prefix before `/dashboard/`; empty: none.
 * @param folder of the files, as written by `packages/dashboard/build.mjs`.
 */
export function createDashboard(basePath: string, folder: string): AdminDashboard {
  const root = `${basePath}/`;
  const path = `${basePath}/dashboard`;
  let reading: Promise<ReadonlyMap<string, DashboardResponse>> | undefined;
  const respondTo = async ({ facts }: IncomingRequest): Promise<DashboardResponse> => {
    if (facts.method !== 'GET' && facts.method !== 'HEAD')
      return createText(405, 'method not allowed', ['Allow', 'GET, HEAD']);
    // Relative, so that it also works behind a proxy that strips a prefix.
    if (facts.path === root || facts.path === path)
      return createText(302, 'dashboard/', ['Location', 'dashboard/']);
    reading ??= readFiles(folder);
    const files = await reading.catch(() => undefined);
    if (files === undefined) {
      reading = undefined;
      return createText(503, 'the files of the dashboard cannot be read: install grantgate again');
    }
    return files.get(facts.path.slice(path.length + 1) || index) ?? createText(404, '404 page not found');
  };
  return {
    serves: (requested) => requested === root || requested === path || requested.startsWith(`${path}/`),
    handle(incoming, onResponse) {
      void respondTo(incoming).then(({ status, headers, body }) => {
        const { response } = incoming;
        // The caller may have disconnected meanwhile.
        if (response.over) return;
        onResponse(status, body.length);
        const reason = STATUS_CODES[status] ?? '';
        response.begin({ status, reason, headers, dated: true, reused: false });
        response.end(body, false, noTrailers);
      });
    },
  };
}

function createText(status: number, text: string, more: readonly string[] = []): DashboardResponse {
  const body = Buffer.from(text);
  const headers = [...security, ...more, 'Content-Type', 'text/plain; charset=utf-8'];
  headers.push('Cache-Control', 'no-store', 'Content-Length', String(body.length));
  return { status, headers, body };
}

/** Responses by file name. Only the page itself can change under the same name: the other names contain a hash. */
async function readFiles(folder: string): Promise<ReadonlyMap<string, DashboardResponse>> {
  const responses = new Map<string, DashboardResponse>();
  for (const name of await readdir(folder)) {
    const type = mediaTypes[extname(name)];
    if (type === undefined) continue;
    const body = await readRegularFile(join(folder, name), fileLimit);
    const cache = name === index ? 'no-cache' : 'public, max-age=31536000, immutable';
    const headers = [...security, 'Content-Type', type, 'Cache-Control', cache];
    responses.set(name, { status: 200, headers: [...headers, 'Content-Length', String(body.length)], body });
  }
  return responses;
}
