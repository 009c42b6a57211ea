import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAccessToken } from '../token/access-token.ts';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { createTokenCache } from '../cache/token-cache.ts';
import { parseClientCredentials } from '../options/parse.ts';
import type { TokenOutcome } from '../token/access-token.ts';
import type { TokenEndpoint } from '../token/endpoint.ts';
import { createApplicationDecide } from './decide.ts';
import { compilePolicy } from './policy.ts';

const lifetimeMs = 100_000;
const basic = (secret: string, scheme = 'Basic', padded = true) => {
  const text = Buffer.from(`app:${secret}`).toString('base64');
  return { authorization: `${scheme} ${padded ? text : text.replace(/=+$/, '')}` };
};

/** The real cache in front of a server that knows one secret at a time. */
function setUp() {
  const clock = createFakeClock();
  const state = { secret: 'one', asked: 0 };
  const endpoint: TokenEndpoint = {
    async obtain({ clientSecret }): Promise<TokenOutcome> {
      state.asked += 1;
      if (clientSecret.reveal() !== state.secret)
        return {
          kind: 'failure',
          reason: 'credentials_refused',
          detail: 'no',
          retryAfterSeconds: undefined,
          oauthError: 'invalid_client',
        };
      const now = clock.monotonic();
      return createAccessToken(`token-of-${clientSecret.reveal()}-${state.asked}`, now, now + lifetimeMs);
    },
    close: async () => {},
  };
  const tokens = createTokenCache({ clock }).source({ endpoint, profile: [] });
  const policy = compilePolicy(parseClientCredentials({ url: 'https://as.example/token' }).options!);
  return { clock, state, tokens, decide: createApplicationDecide(policy, tokens) };
}

type CallerAction =
  | { readonly do: 'call'; readonly secret: string; readonly scheme: string; readonly padded: boolean }
  | { readonly do: 'rotate'; readonly secret: string }
  | { readonly do: 'purge' }
  | { readonly do: 'expire' };

const secret = fc.constantFrom('one', 'two', 'one ', '');
const step: fc.Arbitrary<CallerAction> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('call' as const),
      secret,
      scheme: fc.constantFrom('Basic', 'basic'),
      padded: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rotate' as const), secret }) },
  { weight: 1, arbitrary: fc.constantFrom<CallerAction>({ do: 'purge' }, { do: 'expire' }) },
);

describe('a remembered caller', () => {
  it('is let through only with a token of its own secret, after any history', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const { clock, state, tokens, decide } = setUp();
        // The model: secrets with a token in memory, and secrets that were refused a moment ago.
        const held = new Set<string>();
        const refused = new Set<string>();
        let asked = 0;
        /** The result of each step, and the contents of the model. */
        const outcomes: [unknown, unknown][] = [];
        for (const one of steps) {
          if (one.do === 'rotate') state.secret = one.secret;
          else if (one.do === 'purge') {
            tokens.purge();
            held.clear();
          } else if (one.do === 'expire') {
            await clock.advance(lifetimeMs);
            held.clear();
            refused.clear();
          } else {
            if (!held.has(one.secret) && !refused.has(one.secret)) {
              asked += 1;
              (one.secret === state.secret ? held : refused).add(one.secret);
            }
            const decision = await decide(basic(one.secret, one.scheme, one.padded));
            const outcome = decision.allowed ? decision.setHeaders[1]?.replace(/\d+$/, 'N') : decision.code;
            outcomes.push([
              outcome,
              held.has(one.secret) ? `Bearer token-of-${one.secret}-N` : 'credentials_refused',
            ]);
          }
          outcomes.push([state.asked, asked]);
        }
        expect(outcomes.map(([ours]) => ours)).toEqual(outcomes.map(([, theirs]) => theirs));
      }),
      { numRuns: 150 },
    );
  });

  it('does not share its token with a wrong secret that arrives at the same moment', async () => {
    const { decide, state } = setUp();
    const all = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => decide(basic(index % 2 === 0 ? 'one' : 'wrong'))),
    );
    expect(all.map(({ allowed }) => allowed)).toEqual(all.map((_, index) => index % 2 === 0));
    expect(state.asked).toBe(2);
  });

  it('is no longer let through once its tokens were purged and its secret changed', async () => {
    const { decide, state, tokens } = setUp();
    expect(await decide(basic('one'))).toMatchObject({ allowed: true });
    expect(decide(basic('one'))).toMatchObject({ allowed: true });
    state.secret = 'two';
    tokens.purge();
    expect(await decide(basic('one'))).toMatchObject({ allowed: false, status: 401 });
    expect(decide(basic('one'))).toMatchObject({ allowed: false, status: 401 });
    expect(await decide(basic('two'))).toMatchObject({ allowed: true });
  });
});
