import { executionAsyncResource } from 'node:async_hooks';
import { createContextKey, ROOT_CONTEXT, type Context } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../../testkit/src/fake-clock.ts';
import { createScopeStack } from './scope-stack.ts';

const key = createContextKey('name');
const named = (name: string): { readonly context: Context } => ({
  context: ROOT_CONTEXT.setValue(key, name),
});
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the scope of a call', () => {
  const open = () => {
    const clock = createFakeClock();
    const stack = createScopeStack(ROOT_CONTEXT, clock);
    return { clock, stack, name: () => stack.active().getValue(key) };
  };

  it('is that of the innermost work that has not returned', () => {
    const { stack, name } = open();
    const seen = stack.enter(named('a'), () => [name(), stack.enter(named('b'), name), name()]);
    expect([...seen, name()]).toEqual(['a', 'b', 'a', undefined]);
  });

  it('follows work that calls `keep` across promises, and the continuations of its callers', async () => {
    const { stack, name } = open();
    const begin = (scope: string): Promise<unknown[]> =>
      stack.enter(named(scope), () => {
        const first = stack.keep(async () => {
          await turn();
          return name();
        });
        return first.then(async (inner) => {
          await turn();
          return [inner, name()];
        });
      });
    expect(await Promise.all([begin('a'), begin('b')])).toEqual([['a', 'a'], ['b', 'b']]); // prettier-ignore
    expect(name()).toBeUndefined();
  });

  it('is that of a request while the request runs', async () => {
    const { stack, name } = open();
    const { context } = named('request');
    const seen = await stack.enter(named('step'), () =>
      stack.with(context, async () => {
        const first = name();
        await turn();
        return [first, name()];
      }),
    );
    expect(seen).toEqual(['request', 'request']);
  });

  it('does not stay with the callback that began the work', () => {
    const { stack, name } = open();
    const resource = executionAsyncResource();
    void stack.enter(named('a'), () => stack.keep(() => turn()));
    expect(executionAsyncResource()).toBe(resource);
    expect(name()).toBeUndefined();
  });

  it('stays for a second with work that no caller waits for', async () => {
    const { clock, stack, name } = open();
    let late: Promise<unknown> | undefined;
    await stack.enter(named('a'), () =>
      stack.keep(async () => {
        late = turn().then(name);
        await Promise.resolve();
      }),
    );
    expect(await late).toBe('a');
    await clock.advance(1_000);
    expect(name()).toBeUndefined();
  });
});
