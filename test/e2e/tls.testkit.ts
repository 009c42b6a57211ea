import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { inTime } from '../../packages/testkit/src/until.ts';

export interface TlsRequest extends Pick<
  ConnectionOptions,
  'ca' | 'cert' | 'key' | 'minVersion' | 'maxVersion' | 'ciphers' | 'ecdhCurve' | 'ALPNProtocols' | 'session'
> {
  /** Name that the ClientHello asks for; empty: none. */
  readonly sni: string;
  /** Default: `sni`. */
  readonly host?: string;
  /** Default: `/`. */
  readonly path?: string;
}

export interface TlsResponse {
  /** `refused` for a connection that ends before there is a response. */
  readonly status: number | 'refused';
  readonly body: string;
  /** Common name of the presented certificate. */
  readonly shown: string | undefined;
  readonly protocol: string | null;
}

/** Sends one request on one TLS connection. */
export function requestOverTls(
  port: number,
  { sni, host = sni, path = '/', ...options }: TlsRequest,
): Promise<TlsResponse> {
  const socket: TLSSocket = connectTls({
    host: '127.0.0.1',
    port,
    rejectUnauthorized: false,
    ...(sni !== '' && { servername: sni }),
    ...options,
  });
  const response = new Promise<TlsResponse>((resolve) => {
    let text = '';
    let shown: string | undefined;
    let protocol: string | null = null;
    socket.setEncoding('latin1');
    socket.on('secureConnect', () => {
      const { subject } = socket.getPeerCertificate();
      shown = typeof subject.CN === 'string' ? subject.CN : undefined;
      protocol = socket.getProtocol();
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    });
    socket.on('data', (part: string) => (text += part));
    socket.on('error', () => {});
    socket.on('close', () => {
      const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
      const body = text.slice(text.indexOf('\r\n\r\n') + 4);
      resolve({ status: status === undefined ? 'refused' : Number(status), body, shown, protocol });
    });
  });
  return inTime(response, () => `a response for ${sni}`);
}
