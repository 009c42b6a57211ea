import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../lib/gateway.mjs';
import { freePort } from '../lib/ports.mjs';

/** HAProxy in one thread; it writes its log to stdout, which is the file. */
export async function startHaproxy(stage, name, backend, { global = '', frontend = '', more = '' } = {}) {
  const port = await freePort();
  const log = stage.path(`${name}.access.log`);
  writeFileSync(
    stage.path(`${name}.cfg`),
    `global
    nbthread 1
    maxconn 1000
    log stdout format raw local0
    ${global}

defaults
    mode http
    log global
    option httplog
    http-reuse always
    timeout connect 5s
    timeout client 60s
    timeout server 60s

frontend web
    bind 127.0.0.1:${port}
    ${frontend}
    default_backend service

backend service
    server service 127.0.0.1:${backend}

${more}
`,
  );
  const { pid } = await stage.start('haproxy', ['-f', stage.path(`${name}.cfg`)], port, { stdout: log });
  return { port, pids: [pid], log };
}

export const startHaproxyProxy = (stage, backend) => startHaproxy(stage, 'haproxy', backend);

/** The configuration of `examples/beside-haproxy`, with its own script. */
export async function startHaproxyForwardAuth(stage, backend, checks) {
  const script = readFileSync(join(root, 'examples/beside-haproxy/grantgate.lua'), 'utf8');
  const file = stage.path('grantgate.lua');
  writeFileSync(file, script.replace('127.0.0.1:9000', `127.0.0.1:${checks.port}`));
  const proxy = await startHaproxy(stage, 'haproxy-forward-auth', backend, {
    global: `lua-load ${file}\n    tune.bufsize 32768`,
    frontend: `http-request set-var(txn.middleware) str(${checks.middleware})\n    http-request lua.grantgate`,
  });
  return proxy;
}
