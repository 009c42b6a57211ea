import type { IncomingHttpHeaders } from 'node:http';
import type { LocalServer } from './local-server.ts';
import { openLocalServer } from './local-server.ts';

/** Headers of the transport and of proxies, which are irrelevant here. */
const plumbing =
  /^(?:host|connection|accept.*|user-agent|content-length|transfer-encoding|x-forwarded-.*|x-real-ip)$/;

/** The protected service: responds with the request that it received, tokens shortened. */
export async function startEchoServer(port: number): Promise<LocalServer> {
  const server = await openLocalServer(port);
  server.onRequest((request, response) => {
    request.resume();
    const seen = { method: request.method, path: request.url, headers: shorten(request.headers) };
    response.setHeader('Content-Type', 'application/json');
    response.end(`${JSON.stringify(seen, null, 2)}\n`);
  });
  return server;
}

function shorten(headers: IncomingHttpHeaders): Record<string, string> {
  const shown: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (plumbing.test(name)) continue;
    const text = String(value);
    const [, scheme = '', credentials = ''] = /^(\w+) (.*)$/.exec(text) ?? [];
    shown[name] =
      name === 'authorization'
        ? `${scheme} ${credentials.slice(0, 8)}... (${credentials.length} characters)`
        : text;
  }
  return shown;
}
