// Bytes of Redis memory that one token takes, by the size of the token: `npm run bench:redis-size`, after `make build`.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Redis } from 'ioredis';
import { createKeyer } from '../../packages/middleware/dist/cache/key.js';
import { createSeal } from '../../packages/middleware/dist/cache/sealed.js';
import { report } from './lib/report.mjs';

if (spawnSync('redis-server', ['--version']).error !== undefined) {
  console.error('redis-server is needed');
  process.exit(1);
}

const entries = 10_000;
const probe = createServer().listen(0, '127.0.0.1');
await once(probe, 'listening');
const { port } = probe.address();
probe.close();
const server = spawn('redis-server', ['--port', String(port), '--save', ''], { stdio: 'ignore' });
const redis = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: null });
// If the server does not listen yet, the client tries again.
redis.on('error', () => {});
const seal = createSeal(randomBytes(32));
const keyOf = createKeyer(randomBytes(32));
const usedMemory = async () => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))[1]);

console.log('token bytes  bytes per token in Redis');
for (const size of [500, 1000, 2000]) {
  await redis.flushall();
  const before = await usedMemory();
  for (let first = 0; first < entries; first += 500) {
    const batch = redis.pipeline();
    for (let index = first; index < first + 500; index += 1) {
      const key = keyOf([String(index)]);
      const text = JSON.stringify({ token: 'e'.repeat(size), lifetimeMs: 3_600_000 });
      batch.set(key, seal.seal(key, text), 'PX', 3_600_000);
    }
    await batch.exec();
  }
  const each = Math.round(((await usedMemory()) - before) / entries);
  report({ what: 'bytes per token in Redis', tokenBytes: size, bytes: each });
  console.log(String(size).padStart(11), String(each).padStart(10));
}
redis.disconnect();
server.kill();
