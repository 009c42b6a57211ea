import { writeFileSync } from 'node:fs';
import { freePort } from '../lib/ports.mjs';

/** Caddy with one thread for its Go code, like the others. */
export async function startCaddyProxy(stage, { backend, grpc, certificate }) {
  const [plain, tls] = [await freePort(), await freePort()];
  const log = stage.path('caddy.access.log');
  const file = stage.path('caddy.Caddyfile');
  const site = (address, more) => `${address} {
	bind 127.0.0.1
	${more}
	log {
		output file ${log} {
			roll_disabled
		}
	}
	reverse_proxy /echo.Echo/* h2c://127.0.0.1:${grpc}
	reverse_proxy 127.0.0.1:${backend} {
		transport http {
			keepalive_idle_conns_per_host 64
		}
	}
}
`;
  writeFileSync(
    file,
    `{
	admin off
	auto_https off
	default_sni localhost
	servers {
		protocols h1 h2 h2c
	}
}

${site(`http://:${plain}`, '')}
${site(`https://:${tls}`, `tls ${certificate.cert} ${certificate.key}`)}`,
  );
  const args = ['run', '--config', file, '--adapter', 'caddyfile'];
  const { pid } = await stage.start('caddy', args, plain, { env: { GOMAXPROCS: '1' } });
  return { ports: { plain, h2c: plain, tls }, pids: [pid], log };
}
