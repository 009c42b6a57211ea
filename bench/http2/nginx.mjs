import { startNginx, forward, streamed, upstream } from '../http/nginx.mjs';
import { freePort } from '../lib/ports.mjs';
import { grpcPath } from './cases.mjs';

export async function startNginxProxy(stage, { backend, grpc, certificate }) {
  const [h2c, tls] = [await freePort(), await freePort()];
  const { port, ...nginx } = await startNginx(
    stage,
    'nginx',
    ({ port: plain, log }) => `${upstream('service', backend)}
  upstream grpc { server 127.0.0.1:${grpc}; keepalive 64; keepalive_requests 1000000000; }
  access_log ${log}; http2_max_concurrent_streams 128;
  ssl_certificate ${certificate.cert}; ssl_certificate_key ${certificate.key}; ssl_protocols TLSv1.2 TLSv1.3;
  server {
    listen 127.0.0.1:${plain};
    listen 127.0.0.1:${h2c} http2;
    listen 127.0.0.1:${tls} ssl http2;
    location / { proxy_pass http://service; ${forward} ${streamed} }
    location = ${grpcPath} { grpc_pass grpc://grpc; }
  }`,
  );
  return { ...nginx, ports: { plain: port, h2c, tls } };
}
