import { expect, describe, it, onTestFinished } from 'vitest';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { Secret } from '../base/secret.ts';
import { createChannel } from '../base/channel.ts';
import { createMemoryStore } from '../cache/memory-store.ts';
import type { StoreEvent } from '../cache/store-event.ts';
import { createStores, type Stores } from '../cache/stores.ts';
import type { TokenStore } from '../cache/store.ts';
import { createUsedProofs, type UsedProofsParts } from './used-proofs.ts';

const clock = createFakeClock();
const redis = {
  endpoints: [{ host: 'redis.example', port: 6379 }],
  database: 0,
  cluster: false,
  timeoutMs: 250,
};
const options = { keyPrefix: 'prod:', secret: new Secret('0123456789abcdef'), redis };
const window = 120_000;

function open(more: Partial<UsedProofsParts> = {}) {
  const used = createUsedProofs({ clock, scope: ['jwt', ['https://as.example']], ...more });
  onTestFinished(() => used.close());
  return used;
}

const replicaOf = (store: TokenStore): Stores => createStores({ clock, open: () => store });
const workerOf = (store: TokenStore): Stores =>
  createStores({
    clock,
    local: { store, secret: Buffer.alloc(16), events: createChannel<StoreEvent>() },
  });

describe('a DPoP proof', () => {
  it('is accepted once while it is valid, and by each resource for itself', async () => {
    const used = open();
    expect(await used.add('key.1', window)).toBe(true);
    expect(await used.add('key.1', window)).toBe(false);
    expect(await used.add('key.2', window)).toBe(true);
    expect(await open({ scope: ['jwt', ['https://other.example']] }).add('key.1', window)).toBe(true);
    await clock.advance(window);
    expect(await used.add('key.1', window)).toBe(true);
  });

  it('is refused while a process remembers its maximum of proofs', async () => {
    const used = open({ maxProofs: 2 });
    expect(await Promise.all(['1', '2', '3'].map((id) => used.add(id, window)))).toEqual([true, true, false]);
    await clock.advance(window);
    expect(await used.add('3', window)).toBe(true);
  });

  it('is accepted once by all replicas that share a store', async () => {
    const store = createMemoryStore({ clock });
    const replicas = [1, 2, 3].map(() => open({ stores: replicaOf(store), store: options }));
    const verdicts = await Promise.all(replicas.map((used) => used.add('key.1', window)));
    expect(verdicts.filter(Boolean)).toHaveLength(1);
    await clock.advance(window / 2);
    expect(await open({ stores: replicaOf(store), store: options }).add('key.1', window)).toBe(false);
  });

  it('is accepted once by all workers of a gateway', async () => {
    const store = createMemoryStore({ clock });
    const [one, other] = [open({ stores: workerOf(store) }), open({ stores: workerOf(store) })];
    expect(await one.add('key.1', window)).toBe(true);
    expect(await other.add('key.1', window)).toBe(false);
  });

  it('is accepted once by each process while the store is unavailable', async () => {
    const store: TokenStore = {
      ...createMemoryStore({ clock }),
      take: () => Promise.reject(new Error('down')),
    };
    const [one, other] = [1, 2].map(() => open({ stores: replicaOf(store), store: options }));
    expect(await one!.add('key.1', window)).toBe(true);
    expect(await one!.add('key.1', window)).toBe(false);
    expect(await other!.add('key.1', window)).toBe(true);
  });
});
