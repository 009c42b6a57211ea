import { callers, own } from '../http/grantgate.mjs';
import { startCaddyProxy } from './caddy.mjs';
import { hasEnvoy, startEnvoy } from './envoy.mjs';
import { startGrantgate } from './grantgate.mjs';
import { startHaproxyProxy } from './haproxy.mjs';
import { startNginxProxy } from './nginx.mjs';

/** All others are compared with it. */
export const baseline = 'nginx';

/** `sends`: the client whose token the service must receive, undefined for the caller's own credentials. */
const contenders = {
  nginx: { start: startNginxProxy },
  haproxy: { start: startHaproxyProxy },
  caddy: { start: startCaddyProxy },
  envoy: { start: (stage, { tokenUrl: _, ...behind }) => startEnvoy(stage, behind) },
  'envoy+credential_injector': { sends: own, start: startEnvoy },
  'grantgate-application': {
    sends: callers,
    authenticates: true,
    start: (stage, behind) => startGrantgate(stage, { ...behind, level: 'application' }),
  },
  'grantgate-gateway': {
    sends: own,
    start: (stage, behind) => startGrantgate(stage, { ...behind, level: 'gateway' }),
  },
};

/** Envoy takes part only if `make envoy` has installed it. */
export const contenderNames = Object.keys(contenders).filter((name) => hasEnvoy || !name.startsWith('envoy'));

/**
 * Starts the named contenders: each has a `name`, `ports` (`plain` for HTTP/1.1, `h2c`, `tls` for both with ALPN), the counted
 * processes `pids`, and its access log.
 */
export async function startContenders(stage, names, behind) {
  const started = [];
  for (const name of names) {
    const { start, ...contender } = contenders[name];
    started.push({ name, ...contender, ...(await start(stage, { name, ...behind })) });
  }
  return started;
}
