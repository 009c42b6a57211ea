import { createAccessToken } from '../token/access-token.ts';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { Secret } from '../base/secret.ts';
import type { TokenOutcome } from '../token/access-token.ts';
import type { RenewalEvent } from './renewal-event.ts';
import { createTokenCache } from './token-cache.ts';
import { createTokenTally } from './token-tally.ts';

export const credential = (secret = 'right') => ({ clientId: 'app', clientSecret: new Secret(secret) });
export const refusal = {
  kind: 'failure',
  reason: 'credentials_refused',
  detail: 'no',
  retryAfterSeconds: undefined,
  oauthError: 'invalid_client',
} as const;

export const unavailable = {
  ...refusal,
  reason: 'unavailable',
  detail: 'down',
  oauthError: undefined,
} as const;

/** A token cache over a scripted endpoint that takes 10 ms, on a fake clock. */
export function setUp(lifetimeMs = 100_000, limits: { maxEntries?: number; maxRefused?: number } = {}) {
  const clock = createFakeClock();
  const asked: string[] = [];
  let answer = (secret: string): TokenOutcome => {
    if (secret !== 'right') return refusal;
    const now = clock.monotonic();
    return createAccessToken(`t${asked.length}`, now, now + lifetimeMs);
  };
  let delayMs = 10;
  const endpoint = {
    async obtain({ clientSecret }: ReturnType<typeof credential>): Promise<TokenOutcome> {
      asked.push(clientSecret.reveal());
      await new Promise<void>((resolve) => clock.after(delayMs, resolve));
      return answer(clientSecret.reveal());
    },
    close: async () => {},
  };
  const cache = createTokenCache({ clock, ...limits });
  const renewals: RenewalEvent[] = [];
  const tally = createTokenTally();
  const onRenewal = (event: RenewalEvent) => void renewals.push(event);
  const open = (...profile: string[]) =>
    cache.source({ endpoint, profile: ['https://as.example/token', ...profile], tally, onRenewal });
  const tokens = open();
  const first = async (who = credential()) => {
    const pending = tokens.get(who);
    await clock.advance(delayMs);
    return pending;
  };
  return {
    clock,
    tally,
    asked,
    renewals,
    failing: () => cache.failingRenewals().get(tally) ?? 0,
    open,
    tokens,
    first,
    answerWith: (next: typeof answer) => (answer = next),
    slow: (ms: number) => (delayMs = ms),
  };
}
