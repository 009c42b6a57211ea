import { Agent, request } from 'undici';
import { openHttp2 } from '../../packages/testkit/src/http2-client.ts';

export interface ProtocolRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
}

export interface ProtocolResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

/** A client for either protocol. */
export interface ProtocolClient {
  send(path: string, options?: ProtocolRequest): Promise<ProtocolResponse>;
  close(): Promise<void>;
}

/** Opens a client for an origin; with `https:`, by ALPN. */
export type OpenProtocol = (origin: string, ca?: string) => Promise<ProtocolClient>;

/** HTTP/1.1 with connections that are kept. */
const openHttp1: OpenProtocol = (origin, ca) => {
  const agent = new Agent({ connections: 100, ...(ca !== undefined && { connect: { ca } }) });
  return Promise.resolve({
    async send(path, { method = 'GET', headers = {}, body } = {}) {
      const response = await request(`${origin}${path}`, {
        dispatcher: agent,
        method: method as 'GET',
        headers: headers as Record<string, string | string[]>,
        ...(body !== undefined && { body }),
      });
      const bytes = Buffer.from(await response.body.arrayBuffer());
      return { status: response.statusCode, headers: response.headers, body: bytes.toString('latin1') };
    },
    close: () => agent.close(),
  });
};

/** HTTP/2 on one connection, which is reopened after the gateway has closed it. */
const openHttp2Protocol: OpenProtocol = async (origin, ca) => {
  const options = ca === undefined ? {} : { ca };
  let client = await openHttp2(origin, options);
  return {
    async send(path, { method = 'GET', headers = {}, body } = {}) {
      if (client.session.closed || client.session.destroyed) client = await openHttp2(origin, options);
      const { host, ...others } = headers;
      const authority = typeof host === 'string' ? { ':authority': host } : {};
      return client.send(
        { ...(others as Record<string, string | string[]>), ...authority, ':path': path, ':method': method },
        body,
      );
    },
    close: () => client.close(),
  };
};

export const protocols: Readonly<Record<'HTTP/1.1' | 'HTTP/2', OpenProtocol>> = {
  'HTTP/1.1': openHttp1,
  'HTTP/2': openHttp2Protocol,
};
