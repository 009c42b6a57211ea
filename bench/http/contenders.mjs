import { startCollector } from './collector.mjs';
import { startCaddyForwardAuth, startCaddyProxy } from './caddy.mjs';
import { callers, own, startChecks, startGrantgate } from './grantgate.mjs';
import { startHaproxyForwardAuth, startHaproxyProxy } from './haproxy.mjs';
import { startNginxForwardAuth, startNginxProxy } from './nginx.mjs';

/** All others are compared with it. */
export const baseline = 'nginx';

const proxies = {
  nginx: [startNginxProxy, startNginxForwardAuth],
  haproxy: [startHaproxyProxy, startHaproxyForwardAuth],
  caddy: [startCaddyProxy, startCaddyForwardAuth],
};

/**
 * How each is started, and `sends`: the client whose token the service must receive, undefined for the caller's own credentials.
 */
const contenders = {
  ...Object.fromEntries(
    Object.entries(proxies).map(([name, [start]]) => [
      name,
      { start: ({ stage, backend }) => start(stage, backend) },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(proxies).map(([name, [, start]]) => [
      `${name}+forward-auth`,
      {
        sends: callers,
        authenticates: true,
        // Both processes are counted, the proxy's and grantgate's.
        async start({ stage, backend, checks }) {
          const asked = await checks();
          const proxy = await start(stage, backend, asked);
          return { ...proxy, pids: [...proxy.pids, asked.pid] };
        },
      },
    ]),
  ),
  ...Object.fromEntries(
    ['application', 'gateway'].flatMap((level) =>
      [1, 2].map((workers) => [`grantgate-${level}-${workers}`, grantgate(level, workers)]),
    ),
  ),
  'grantgate-gateway-1+steps': grantgate('gateway', 1, { steps: true }),
  'grantgate-gateway-1+traces': grantgate('gateway', 1, { exports: ['traces'] }),
  'grantgate-gateway-1+metrics': grantgate('gateway', 1, { exports: ['metrics'] }),
  'grantgate-gateway-1+logs': grantgate('gateway', 1, { exports: ['logs'] }),
};

/**
 * @param build of another repository.
 * @param steps a `headers` and a `stripPrefix` step before the authentication.
 * @param exports signals that go to a collector over OTLP.
 */
function grantgate(level, workers, { build, steps = false, exports = [] } = {}) {
  return {
    sends: level === 'application' ? callers : own,
    authenticates: level === 'application',
    workers,
    start: async ({ stage, backend, tokenUrl }, name) =>
      startGrantgate(stage, {
        ...{ name, backend, tokenUrl, level, workers, build, steps, exports },
        collector: exports.length > 0 ? await startCollector(stage, name) : undefined,
      }),
  };
}

export const contenderNames = Object.keys(contenders);

/**
 * Starts the named contenders, and builds of other repositories with one worker. Each has a `name`, a `port`, the counted processes
 * `pids`, its access log, and the `prefix` of requests' paths; default: none.
 */
export async function startContenders({ stage, backend, tokenUrl, names, peers }) {
  // One gateway for all proxies, started for the first one, because they run in turn.
  let asked;
  const checks = () => (asked ??= startChecks(stage, tokenUrl));
  const all = names.map((name) => ({ name, file: name, ...contenders[name] }));
  for (const [index, build] of peers.entries())
    for (const level of ['application', 'gateway'])
      if (names.includes(`grantgate-${level}-1`)) {
        const name = `grantgate-${level}-1 of ${build}`;
        all.push({ name, file: `peer-${index}-${level}`, ...grantgate(level, 1, { build }) });
      }
  const started = [];
  for (const { file, start, ...contender } of all)
    started.push({ ...contender, ...(await start({ stage, backend, tokenUrl, checks }, file)) });
  return started;
}
