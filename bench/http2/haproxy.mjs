import { startHaproxy } from '../http/haproxy.mjs';
import { freePort } from '../lib/ports.mjs';

export async function startHaproxyProxy(stage, { backend, grpc, certificate }) {
  const tls = await freePort();
  const { port, ...haproxy } = await startHaproxy(stage, 'haproxy', backend, {
    frontend: `bind 127.0.0.1:${tls} ssl crt ${certificate.pem} alpn h2,http/1.1
    use_backend grpc if { path_beg /echo.Echo/ }`,
    more: `backend grpc
    server grpc 127.0.0.1:${grpc} proto h2`,
  });
  return { ...haproxy, ports: { plain: port, h2c: port, tls } };
}
