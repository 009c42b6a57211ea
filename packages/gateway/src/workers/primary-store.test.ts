import { deserialize, serialize } from 'node:v8';
import { expect, it } from 'vitest';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { createMemoryStore } from '../../../middleware/src/cache/memory-store.ts';
import type { TokenStore } from '../../../middleware/src/cache/store.ts';
import { describeTokenStore } from '../../../middleware/src/cache/token-store.contract.testkit.ts';
import { replyToStore } from './store-reply.ts';
import type { StoreReply, StoreRequest } from './messages.ts';
import { createPrimaryStore } from './primary-store.ts';

/** A message as the other side of a channel between processes receives it. */
const carry = <T>(message: T): T => deserialize(serialize(message)) as T;

/** A worker's view of a store, over a channel that takes a turn of the event loop each way. */
function connectTo(held: TokenStore): TokenStore {
  const { store, take } = createPrimaryStore((request) => {
    const carried = carry(request);
    setImmediate(() => {
      void replyToStore(held, carried).then((reply) => {
        const back = carry(reply);
        setImmediate(() => take(back));
      });
    });
  });
  return store;
}

describeTokenStore("the primary's memory", () => {
  const clock = createFakeClock();
  const held = createMemoryStore({ clock });
  return Promise.resolve({
    open: () => Promise.resolve(connectTo(held)),
    tick: () => clock.advance(1),
    close: () => held.close(),
  });
});

it('replies match requests in any order', async () => {
  const sent: StoreRequest[] = [];
  const { store, take } = createPrimaryStore((request) => void sent.push(request));
  const answers = [store.get('a'), store.setIfAbsent('b', Uint8Array.of(1), 10)];
  const reply = (at: number, result: unknown): StoreReply => ({
    kind: 'stored',
    id: sent[at]!.id,
    ok: true,
    result,
  });
  take(reply(1, true));
  take(reply(0, undefined));
  // A reply that is no longer awaited.
  take(reply(0, undefined));
  expect(await Promise.all(answers)).toEqual([undefined, true]);
});

it("the reason of a failure of the primary's store is passed on, and closing ends operations in flight", async () => {
  const broken = createMemoryStore({ clock: createFakeClock() });
  await broken.close();
  await expect(connectTo(broken).get('key')).rejects.toThrow('the store is closed');
  const { store } = createPrimaryStore(() => {});
  const waiting = store.get('key');
  await store.close();
  await expect(waiting).rejects.toThrow('the store is closed');
});
