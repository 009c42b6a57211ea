import { writeFileSync } from 'node:fs';
import { shortAnswer, sizes } from './cases.mjs';
import { startNginx } from './nginx.mjs';

/**
 * The service behind every contender, whose cost is not measured: files of each size, `/upload`, which reads a whole body before it
 * responds, and `/check`, which responds with the headers that it received. Every other path has the short response.
 */
export function startBackend(stage) {
  for (const [name, bytes] of Object.entries(sizes)) writeFileSync(stage.path(name), 'x'.repeat(bytes));
  const answers = `unix:${stage.path('answers.sock')}`;
  return startNginx(
    stage,
    'backend',
    ({ port }) => `access_log off; sendfile on; tcp_nopush on; open_file_cache max=16;
  default_type text/plain; client_body_buffer_size 1100k;
  upstream answers { server ${answers}; keepalive 64; keepalive_requests 1000000000; }
  server { listen ${answers}; location / { return 200 "${'x'.repeat(shortAnswer)}"; } }
  server {
    listen 127.0.0.1:${port}; root ${stage.folder};
    location / { return 200 "${'x'.repeat(shortAnswer)}"; }
    ${Object.keys(sizes)
      .map((name) => `location = /${name} {}`)
      .join(' ')}
    location = /check { return 200 "$http_authorization\\n$http_group"; }
    # A proxy of nginx's reads the body to its end first.
    location = /upload {
      add_header X-Received-Bytes $request_length;
      proxy_pass http://answers; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_pass_request_body off; proxy_set_header Content-Length "";
    }
  }`,
  );
}
