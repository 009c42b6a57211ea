import { writeFileSync } from 'node:fs';
import { freePort } from '../lib/ports.mjs';

/** nginx in one process, with the given text of its block `http`; `config` receives the port. */
export async function startNginx(stage, name, config) {
  const port = await freePort();
  const log = stage.path(`${name}.access.log`);
  const temp = (kind) => `${kind}_temp_path ${stage.path(`${name}.${kind}`)};`;
  writeFileSync(
    stage.path(`${name}.conf`),
    `daemon off; master_process off; worker_processes 1;
pid ${stage.path(`${name}.pid`)}; error_log stderr crit;
events { worker_connections 1024; }
http {
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(temp).join(' ')}
  keepalive_requests 1000000000; client_max_body_size 0;
  ${config({ port, log })}
}
`,
  );
  const { pid } = await stage.start('nginx', ['-e', 'stderr', '-c', stage.path(`${name}.conf`)], port);
  return { port, pids: [pid], log };
}

/** Connections to a server that are kept: as many as there are callers. */
export const upstream = (name, port) =>
  `upstream ${name} { server 127.0.0.1:${port}; keepalive 64; keepalive_requests 1000000000; }`;

export const forward = 'proxy_http_version 1.1; proxy_set_header Connection "";';

/** Bodies are streamed in both directions, as in the other contenders: none is written to a file. */
export const streamed = 'proxy_request_buffering off; proxy_max_temp_file_size 0;';

export const startNginxProxy = (stage, backend) =>
  startNginx(
    stage,
    'nginx',
    ({ port, log }) => `${upstream('service', backend)}
  server {
    listen 127.0.0.1:${port};
    access_log ${log};
    location / { proxy_pass http://service; ${forward} ${streamed} }
  }`,
  );

/** The configuration of `examples/beside-nginx`, also with kept connections to grantgate. */
export const startNginxForwardAuth = (stage, backend, checks) =>
  startNginx(
    stage,
    'nginx-forward-auth',
    ({ port, log }) => `${upstream('service', backend)}
  ${upstream('checks', checks.port)}
  proxy_buffer_size 32k; proxy_buffers 8 32k;
  server {
    listen 127.0.0.1:${port};
    access_log ${log};
    location / {
      auth_request /_grantgate;
      auth_request_set $auth_token $upstream_http_authorization;
      auth_request_set $auth_user $upstream_http_x_auth_request_user;
      auth_request_set $auth_group $upstream_http_group;
      proxy_set_header Authorization $auth_token;
      proxy_set_header X-Auth-Request-User $auth_user;
      proxy_set_header Group $auth_group;
      proxy_pass http://service; ${forward} ${streamed}
    }
    location = /_grantgate {
      internal;
      proxy_pass http://checks${checks.path}; ${forward}
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_set_header X-Forwarded-Method $request_method;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Uri $request_uri;
      proxy_set_header X-Forwarded-For $remote_addr;
    }
  }`,
  );
