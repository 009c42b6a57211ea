import { describe, expect, it } from 'vitest';
import { createChannel } from '../base/channel.ts';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { Secret } from '../base/secret.ts';
import { createAccessToken } from '../token/access-token.ts';
import { createMemoryStore } from './memory-store.ts';
import type { SharedTokens } from './shared-tokens.ts';
import type { StoreEvent } from './store-event.ts';
import { createStores } from './stores.ts';

const [old, fresh, third] = ['o'.repeat(16), 'n'.repeat(32), 't'.repeat(24)];

/** Processes of a fleet that share a store, each with its own secrets; the first one seals. */
function fleet() {
  const clock = createFakeClock();
  const store = createMemoryStore({ clock });
  const events: StoreEvent[] = [];
  const channel = createChannel<StoreEvent>();
  channel.subscribe((event) => events.push(event));
  const join = (...[first = '', ...others]: string[]): SharedTokens =>
    createStores({ clock, events: channel, open: () => ({ ...store, close: async () => {} }) }).acquire({
      keyPrefix: 'p:',
      secret: new Secret(first),
      otherSecrets: others.map((secret) => new Secret(secret)),
      redis: { endpoints: [], database: 0, timeoutMs: 250, cluster: false },
    }).shared;
  const write = (tokens: SharedTokens, value: string): Promise<void> =>
    tokens.write(
      tokens.keyOf(['a']),
      createAccessToken(value, clock.monotonic(), clock.monotonic() + 60_000),
    );
  const read = async (tokens: SharedTokens): Promise<string | undefined> => {
    const found = await tokens.read(tokens.keyOf(['a']));
    return found?.kind === 'token' ? found.value : undefined;
  };
  return { join, write, read, events };
}

describe('a store during a change of its secret', () => {
  it('keeps its tokens, whichever half of the fleet has the new secrets', async () => {
    const { join, write, read, events } = fleet();
    await write(join(old), 'warm');
    // Each step of the roll-out: all know the new secret, all seal with it, all drop the old one.
    for (const secrets of [[old, fresh], [fresh, old], [fresh]])
      expect(await read(join(...secrets))).toBe('warm');
    expect(await read(join(third))).toBeUndefined();
    expect(events.filter(({ kind }) => kind === 'unsealed')).toEqual([]);
  });

  it('shares tokens between the old and the new half of a fleet', async () => {
    const { join, write, read } = fleet();
    const [before, after] = [join(old, fresh), join(fresh, old)];
    await write(after, 'from the new');
    expect(await read(before)).toBe('from the new');
    const other = fleet();
    await other.write(other.join(old, fresh), 'from the old');
    expect(await other.read(other.join(fresh, old))).toBe('from the old');
  });

  it.each([
    [[old], [old, fresh]],
    [
      [old, fresh],
      [fresh, old],
    ],
    [[fresh, old], [fresh]],
    [
      [old, third],
      [third, fresh],
    ],
  ])('is locked for %j while %j requests a token, and free after that', async (one, other) => {
    const { join } = fleet();
    const [a, b] = [join(...one), join(...other)];
    const lockOf = (tokens: SharedTokens) => tokens.lock(tokens.keyOf(['a']));
    const held = await lockOf(a);
    expect(held).toHaveProperty('release');
    expect(await lockOf(b)).toBe('busy');
    if (typeof held !== 'string') await held.release();
    expect(await lockOf(b)).toHaveProperty('release');
  });

  it('passes the reason for a missing token to waiting processes', async () => {
    const { join } = fleet();
    const [a, b] = [join(old, fresh), join(fresh, old)];
    const failure = {
      kind: 'failure',
      reason: 'unavailable',
      detail: 'd',
      retryAfterSeconds: 1,
      oauthError: undefined,
    } as const;
    await a.writeFailure(a.keyOf(['a']), failure);
    expect(await b.read(b.keyOf(['a']))).toMatchObject({ kind: 'failure', detail: 'd' });
  });
});
