import { describe, expect, it } from 'vitest';
import { Secret } from '../base/secret.ts';
import { credential, setUp, unavailable } from './token-cache.testkit.ts';

describe('a purge of the token cache', () => {
  it('does not cache the result of a request that was in flight when the tokens were purged', async () => {
    const { clock, tokens, asked, first } = setUp();
    const pending = tokens.get(credential());
    tokens.purge();
    await clock.advance(10);
    expect(await pending).toMatchObject({ value: 't1' });
    await first();
    expect(asked).toHaveLength(2);
  });

  it('drops the tokens of one client with any secret, and returns their number', async () => {
    const { clock, tokens, open, first, asked } = setUp();
    await first();
    const other = { clientId: 'other', clientSecret: new Secret('right') };
    const kept = await first(other);
    const elsewhere = open('audience').get(credential());
    await clock.advance(10);
    expect(tokens.purge('app')).toBe(1);
    expect(tokens.purge('app')).toBe(0);
    expect(tokens.get(other)).toBe(kept);
    expect(open('audience').get(credential())).toBe(await elsewhere);
    await first();
    expect(asked).toHaveLength(4);
  });

  it("neither keeps nor announces a client's renewal that was in flight when its tokens were purged", async () => {
    const { clock, tokens, first, answerWith, renewals, failing } = setUp();
    await first();
    const other = { clientId: 'other', clientSecret: new Secret('right') };
    await first(other);
    await clock.advance(80_000);
    answerWith(() => unavailable);
    void tokens.get(credential());
    void tokens.get(other);
    tokens.purge('app');
    await clock.advance(10);
    expect(renewals).toMatchObject([{ kind: 'failed', clientId: 'other' }]);
    expect(failing()).toBe(1);
    tokens.purge('other');
    expect(failing()).toBe(0);
    expect(tokens.get(credential())).toBeInstanceOf(Promise);
  });

  it('drops the tokens of the purged source, and of no other', async () => {
    const { clock, tokens, open, first, asked } = setUp();
    await first();
    const other = open('audience');
    const pending = other.get(credential());
    await clock.advance(10);
    const kept = await pending;
    tokens.purge();
    expect(other.get(credential())).toBe(kept);
    await first();
    expect(asked).toHaveLength(3);
  });

  it('drops tokens that another source with the same profile obtained or is requesting', async () => {
    const { clock, tokens, open, first, asked } = setUp();
    const token = await first();
    const twin = open();
    expect(twin.purge()).toBe(1);
    const renewed = tokens.get(credential());
    twin.purge('app');
    const newest = twin.get(credential());
    await clock.advance(10);
    expect(await renewed).not.toBe(token);
    expect(tokens.get(credential())).toBe(await newest);
    expect(await newest).not.toBe(await renewed);
    expect(asked).toHaveLength(3);
  });

  it('keeps the tokens of a source with the same profile when one ends', async () => {
    const { tokens, open, first } = setUp();
    const token = await first();
    open().release();
    expect(tokens.get(credential())).toBe(token);
    tokens.release();
    expect(open().get(credential())).toBeInstanceOf(Promise);
  });

  it('keeps one request per credential when another source is purged meanwhile', async () => {
    const { clock, tokens, open, asked } = setUp();
    const other = open('audience');
    const early = other.get(credential());
    tokens.purge();
    const late = other.get(credential());
    await clock.advance(10);
    expect(await early).toBe(await late);
    expect(asked).toHaveLength(1);
  });

  it('serves an interrupted request to its waiters, while later callers get a newer token', async () => {
    const { clock, tokens, asked } = setUp();
    const before = tokens.get(credential());
    await clock.advance(5);
    tokens.purge();
    const after = tokens.get(credential());
    await clock.advance(10);
    expect(await before).not.toBe(await after);
    expect(tokens.get(credential())).toBe(await after);
    expect(asked).toHaveLength(2);
  });
});
