import { startNginx } from './nginx.mjs';

/** A collector of OpenTelemetry, whose cost is not measured: it accepts everything, and drops it. @returns its port. */
export async function startCollector(stage, name) {
  const { port } = await startNginx(
    stage,
    `${name}-collector`,
    ({ port: own }) => `access_log off;
  server { listen 127.0.0.1:${own}; location / { return 200 ""; } }`,
  );
  return port;
}
