import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import type { DynamicConfiguration } from '../config/dynamic.ts';
import { parseDocuments } from '../config/parse-documents.ts';
import { createAggregate } from './aggregate.ts';
import type { Provider, ProviderOutput } from './provider.ts';

/** A provider that a test controls: its outputs, and when it has started. */
function createScripted() {
  let emit: (output: ProviderOutput) => void = () => {};
  let started = (): void => {};
  const closed = { count: 0 };
  const provider: Provider = {
    start(to) {
      emit = to;
      return new Promise((resolve) => (started = resolve));
    },
    close: () => void (closed.count += 1),
  };
  const say = (file: string, ...names: readonly string[]): void => {
    const routers = names.map((name) => `${name}: { rule: Path(\`/${name}\`), service: s@other }`);
    emit(parseDocuments(`http: { routers: { ${routers.join(', ')} } }`, file));
  };
  return { provider, say, started: () => started(), closed };
}

function start() {
  const [a, b] = [createScripted(), createScripted()];
  const clock = createFakeClock();
  const aggregate = createAggregate([a.provider, b.provider], { clock });
  const emitted: string[] = [];
  const starting = aggregate.start(({ routers }: DynamicConfiguration) => {
    emitted.push([...routers.keys()].map((name) => name.replace('@file', '')).join(' '));
  });
  return { a, b, clock, aggregate, emitted, starting };
}

describe('several providers', () => {
  it('form one configuration, which is first applied when each of them has started', async () => {
    const { a, b, emitted, starting } = start();
    b.say('b', 'two');
    b.started();
    a.say('a', 'old');
    a.say('a', 'one');
    expect(emitted).toEqual([]);
    a.started();
    await starting;
    expect(emitted).toEqual(['one two']);
  });

  it('keep the last output of each, and apply simultaneous changes together', async () => {
    const { a, b, clock, aggregate, emitted, starting } = start();
    a.say('a', 'one');
    b.say('b', 'two');
    a.started();
    b.started();
    await starting;
    a.say('a', 'three');
    await clock.advance(30);
    b.say('b', 'four');
    a.say('a', 'five');
    expect(emitted).toEqual(['one two']);
    expect(aggregate.isPending()).toBe(true);
    await clock.advance(20);
    expect(aggregate.isPending()).toBe(false);
    expect(emitted).toEqual(['one two', 'five four']);
    await clock.advance(1000);
    expect(emitted).toHaveLength(2);
  });

  it('emit nothing after they are closed', async () => {
    const { a, b, clock, aggregate, emitted, starting } = start();
    a.started();
    b.started();
    await starting;
    a.say('a', 'one');
    aggregate.close();
    b.say('b', 'two');
    await clock.advance(1000);
    expect(emitted).toEqual(['']);
    expect([a.closed.count, b.closed.count]).toEqual([1, 1]);
    expect(clock.pending()).toBe(0);
  });
});
