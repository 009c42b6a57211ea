import { applicationLevel, gatewayLevel, middleware } from '../http/grantgate.mjs';
import { startGateway } from '../lib/gateway.mjs';

const address = '127.0.0.1:0';

export async function startGrantgate(
  stage,
  { name, level, backend, grpc, certificate, tokenUrl, build, idleTimeout },
) {
  const log = stage.path(`${name}.access.log`);
  const service = (url) => ({ loadBalancer: { servers: [{ url }] } });
  const tls = { certFile: certificate.cert, keyFile: certificate.key };
  const transport = idleTimeout && { transport: { respondingTimeouts: { idleTimeout } } };
  const gateway = await startGateway(stage, {
    name,
    build,
    install: {
      entryPoints: { web: { address, ...transport }, secure: { address, tls: {}, ...transport } },
      accessLog: { format: 'json', filePath: log },
    },
    routes: {
      http: {
        routers: {
          all: { rule: 'PathPrefix(`/`)', service: 'service', middlewares: ['auth'] },
          grpc: { rule: 'PathPrefix(`/echo.Echo/`)', service: 'grpc', middlewares: ['auth'] },
        },
        services: {
          service: service(`http://127.0.0.1:${backend}`),
          grpc: service(`h2c://127.0.0.1:${grpc}`),
        },
        middlewares: { auth: middleware(tokenUrl, level === 'gateway' ? gatewayLevel : applicationLevel) },
      },
      tls: { stores: { default: { defaultCertificate: tls } } },
    },
  });
  const plain = gateway.portOf('web');
  return { ports: { plain, h2c: plain, tls: gateway.portOf('secure') }, pids: [gateway.pid], log };
}
