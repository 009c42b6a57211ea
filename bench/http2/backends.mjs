import { fileURLToPath } from 'node:url';
import { startAuthorizationServer } from '../http/authorization-server.mjs';
import { startBackend } from '../http/backend.mjs';
import { freePort } from '../lib/ports.mjs';
import { makeCertificate } from './certificate.mjs';

/** A service, a gRPC service and an authorization server behind the contenders, and a certificate for their callers. */
export async function startBackends(stage) {
  const authorizationServer = await startAuthorizationServer();
  const grpc = await freePort();
  const file = fileURLToPath(new URL('grpc-server.mjs', import.meta.url));
  await stage.start(process.execPath, [file, String(grpc)], grpc);
  const { port } = await startBackend(stage);
  return {
    authorizationServer,
    behind: {
      backend: port,
      grpc,
      certificate: makeCertificate(stage),
      tokenUrl: authorizationServer.url,
    },
  };
}
