import type { RedisProcess, RedisSecurity } from './redis-process.ts';
import { freePorts, startRedisProcess } from './redis-process.ts';
import { until } from '../until.ts';
import type { TestRedis } from './redis.ts';
import { securityOptions } from './redis.ts';

export interface ClusterRedis extends TestRedis {
  /** Three masters with a third of the slots each. */
  readonly masters: readonly RedisProcess[];
  /** One of each master, in the same order. */
  readonly replicas: readonly RedisProcess[];
}

const masterCount = 3;
const slotCount = 16_384;

/**
 * Starts three masters and three replicas, and waits until all of them report a complete cluster.
 *
 * @param nodeTimeoutMs milliseconds of silence of a master after which its replica takes over.
 */
export async function startRedisCluster(
  security: RedisSecurity = {},
  nodeTimeoutMs = 1_500,
): Promise<ClusterRedis> {
  const count = 2 * masterCount;
  const ports = await freePorts(2 * count);
  const busPort = (index: number): number => ports[count + index] ?? 0;
  const { authority, username, password } = security;
  const nodes = await Promise.all(
    ports
      .slice(0, count)
      .map((port, index) =>
        startRedisProcess(port, security, [
          'cluster-enabled yes',
          `cluster-port ${busPort(index)}`,
          `cluster-node-timeout ${nodeTimeoutMs}`,
          'cluster-replica-validity-factor 0',
          'repl-diskless-sync yes',
          'repl-diskless-sync-delay 0',
          ...(authority === undefined ? [] : ['tls-cluster yes']),
          ...(password === undefined ? [] : [`masterauth ${password}`]),
          ...(username === undefined ? [] : [`masteruser ${username}`]),
        ]),
      ),
  );
  const masters = nodes.slice(0, masterCount);
  const replicas = nodes.slice(masterCount);
  const [first] = masters;
  if (first === undefined) throw new Error('no node');

  await Promise.all(nodes.map((node, index) => node.command('CLUSTER', 'SET-CONFIG-EPOCH', index + 1)));
  await Promise.all(
    masters.map((master, index) =>
      master.command(
        'CLUSTER',
        'ADDSLOTSRANGE',
        Math.ceil((index * slotCount) / masterCount),
        Math.ceil(((index + 1) * slotCount) / masterCount) - 1,
      ),
    ),
  );
  for (const [index, node] of nodes.entries())
    if (node !== first) await first.command('CLUSTER', 'MEET', node.host, node.port, busPort(index));
  const says = (node: RedisProcess, pattern: RegExp, ...command: [string, ...string[]]): Promise<boolean> =>
    until(async () => pattern.test(String(await node.command(...command))));
  await Promise.all(
    nodes.map((node) => says(node, new RegExp(`cluster_known_nodes:${count}\\b`), 'CLUSTER', 'INFO')),
  );
  await Promise.all(
    replicas.map(async (replica, index) => {
      const id = String(await masters[index]?.command('CLUSTER', 'MYID'));
      // A replica refuses until gossip has reported the node as a master with slots.
      await until(() => replica.command('CLUSTER', 'REPLICATE', id).catch(() => false));
      await says(replica, /master_link_status:up/, 'INFO', 'replication');
    }),
  );
  await Promise.all(nodes.map((node) => says(node, /cluster_state:ok/, 'CLUSTER', 'INFO')));
  return {
    masters,
    replicas,
    options: {
      endpoints: masters.map(({ host, port }) => ({ host, port })),
      database: 0,
      timeoutMs: 250,
      cluster: true,
      ...securityOptions(security),
    },
    close: async () => {
      await Promise.all(nodes.map((node) => node.close()));
    },
  };
}
