import type { TokenStore } from '../store.ts';
import type { RedisClient } from './client.ts';
import { watchConnection } from './connection-state.ts';
import { describeFault } from './fault.ts';
import { classifyError } from './classify-error.ts';

// Each script is one command on one key: redirections of a key that is moving to another node of a cluster work for single
// commands, but not for a pipeline or a transaction.
const readScript = `local value = redis.call('GET', KEYS[1])
if value then return {value, redis.call('PTTL', KEYS[1])} end
return false`;
const extendScript = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0`;
const deleteScript = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`;

/**
 * The bucket of Traefik's `rateLimit.redis`, in Traefik's fields, by the server's clock. Numbers are microseconds and tokens;
 * a bucket expires when it is full again.
 */
const takeScript = `local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local rate, size, max_wait = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local last, tokens = unpack(redis.call('HMGET', KEYS[1], 'last', 'tokens'))
local left = size
if last and tokens then left = math.min(size, tonumber(tokens) + math.max(0, now - tonumber(last)) * rate) end
local granted, wait = 1, 0
if left < 1 then
  wait = (1 - left) / rate
  if wait > max_wait then granted = 0 end
end
left = left - granted
redis.call('HSET', KEYS[1], 'last', string.format('%.0f', now), 'tokens', string.format('%.9f', left))
redis.call('PEXPIRE', KEYS[1], math.ceil((size - left) / rate / 1000) + 1000)
return {granted, string.format('%.3f', wait)}`;

/** Each field is a holder; its value is the number of slots and their expiry, in milliseconds of the server's clock. */
const occupyScript = `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local amount, used, more = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local spare, ttl = tonumber(ARGV[5]), tonumber(ARGV[6])
local others = 0
local all = redis.call('HGETALL', KEYS[1])
for at = 1, #all, 2 do
  local slots, stop = string.match(all[at + 1], '^(%d+):(%d+)$')
  if not stop or tonumber(stop) <= now then redis.call('HDEL', KEYS[1], all[at])
  elseif all[at] ~= ARGV[1] then others = others + tonumber(slots) end
end
local granted = math.max(0, math.min(more, amount - others - used))
local kept = math.max(0, math.min(spare, math.floor(amount / 2) - others - used - granted))
local slots = used + granted + kept
if slots > 0 then
  redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f:%.0f', slots, now + ttl))
  redis.call('PEXPIRE', KEYS[1], ttl)
else redis.call('HDEL', KEYS[1], ARGV[1]) end
return {granted, kept}`;

const isOk = (reply: unknown): boolean => reply instanceof Uint8Array && Buffer.compare(reply, ok) === 0;
const ok = Buffer.from('OK');
const malformed = (): Error => new Error(`Redis: ${describeFault({ code: 'MALFORMED_REPLY' })}`);

/** Creates a store from a new client. Its errors describe the reason in words, and contain no key, value or password. */
export function createStoreOver(client: RedisClient): TokenStore {
  let closed = false;
  const state = watchConnection(client, () => closed);

  const send = async (command: string, ...args: (string | Buffer | number)[]): Promise<unknown> => {
    if (closed) throw new Error('the store is closed');
    if (!state.isReady()) throw new Error(`Redis: ${state.reason() ?? 'not connected yet'}`);
    try {
      return await client.callBuffer(command, args);
    } catch (error) {
      throw new Error(`Redis: ${describeFault(classifyError(error))}`);
    }
  };
  /** Shares the memory; does not copy. */
  const toBuffer = (value: Uint8Array): Buffer =>
    Buffer.from(value.buffer, value.byteOffset, value.byteLength);

  return {
    async get(key) {
      const reply = await send('EVAL', readScript, 1, key);
      if (reply === null) return undefined;
      const [value, ttlMs] = Array.isArray(reply) ? (reply as readonly unknown[]) : [];
      if (!(value instanceof Uint8Array) || typeof ttlMs !== 'number') throw malformed();
      // Negative: the value has no expiry; this project writes no such values.
      if (ttlMs < 0) return undefined;
      // 0 means less than a millisecond: the value still exists for other operations too.
      return { value, ttlMs: Math.max(1, ttlMs) };
    },
    async set(key, value, ttlMs) {
      if (!isOk(await send('SET', key, toBuffer(value), 'PX', ttlMs))) throw malformed();
    },
    async setIfAbsent(key, value, ttlMs) {
      const reply = await send('SET', key, toBuffer(value), 'PX', ttlMs, 'NX');
      if (reply !== null && !isOk(reply)) throw malformed();
      return reply !== null;
    },
    extendIfEquals: async (key, value, ttlMs) =>
      (await send('EVAL', extendScript, 1, key, toBuffer(value), ttlMs)) === 1,
    deleteIfEquals: async (key, value) => (await send('EVAL', deleteScript, 1, key, toBuffer(value))) === 1,
    async take(key, { perMs, size, maxWaitMs }) {
      const reply = await send('EVAL', takeScript, 1, key, perMs / 1000, size, maxWaitMs * 1000);
      const [granted, wait] = Array.isArray(reply) ? (reply as readonly unknown[]) : [];
      const waitMs = wait instanceof Uint8Array ? Number(Buffer.from(wait).toString()) / 1000 : NaN;
      if (typeof granted !== 'number' || !(waitMs >= 0)) throw malformed();
      return { granted, waitMs };
    },
    async occupy(key, holder, { amount, used, more, spare, ttlMs }) {
      const reply = await send('EVAL', occupyScript, 1, key, holder, amount, used, more, spare, ttlMs);
      const [granted, kept] = Array.isArray(reply) ? (reply as readonly unknown[]) : [];
      if (typeof granted !== 'number' || typeof kept !== 'number') throw malformed();
      return { granted, spare: kept };
    },
    isReady: () => !closed && state.isReady(),
    async ping() {
      await send('PING');
    },
    onStateChange: (listener) => state.onChange(listener),
    async close() {
      if (closed) return;
      closed = true;
      // Only an established connection emits an event when it ends.
      const ended =
        client.status === 'ready'
          ? new Promise<void>((resolve) => void client.once('end', resolve))
          : Promise.resolve();
      client.disconnect();
      await ended;
    },
  };
}
