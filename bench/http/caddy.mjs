import { writeFileSync } from 'node:fs';
import { freePort } from '../lib/ports.mjs';

/** As many connections to a server are kept as there are callers. */
const kept = 'transport http {\n\t\t\tkeepalive_idle_conns_per_host 64\n\t\t}';

/** Caddy with one thread for its Go code, like the others. */
async function startCaddy(stage, name, backend, directive = '') {
  const port = await freePort();
  const log = stage.path(`${name}.access.log`);
  const file = stage.path(`${name}.Caddyfile`);
  writeFileSync(
    file,
    `{
	admin off
	auto_https off
}

:${port} {
	bind 127.0.0.1
	log {
		output file ${log} {
			roll_disabled
		}
	}
	route {
		${directive}
		reverse_proxy 127.0.0.1:${backend} {
			${kept}
		}
	}
}
`,
  );
  const args = ['run', '--config', file, '--adapter', 'caddyfile'];
  const { pid } = await stage.start('caddy', args, port, { env: { GOMAXPROCS: '1' } });
  return { port, pids: [pid], log };
}

export const startCaddyProxy = (stage, backend) => startCaddy(stage, 'caddy', backend);

/** The configuration of `examples/beside-caddy`. */
export const startCaddyForwardAuth = (stage, backend, checks) =>
  startCaddy(
    stage,
    'caddy-forward-auth',
    backend,
    `request_header -X_Auth_Request_User
		forward_auth 127.0.0.1:${checks.port} {
			uri ${checks.path}
			copy_headers Authorization X-Auth-Request-User Group
			${kept}
		}`,
  );
