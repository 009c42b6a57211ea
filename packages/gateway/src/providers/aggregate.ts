import type { Clock, Timer } from '@grantgate/middleware/base/clock';
import type { DynamicConfiguration } from '../config/dynamic.ts';
import type { NextTurn, Parts } from '../reload/turns.ts';
import { createTurns, finish } from '../reload/turns.ts';
import type { Provider, ProviderOutput } from './provider.ts';
import { createTranslateInParts } from './translate/translate.ts';

/** Combines several providers: their documents are translated together, so that a name of one can be used in another. */
export interface Aggregate {
  /** Emits once before it resolves, when every provider has emitted, and again after each change. */
  start(emit: (configuration: DynamicConfiguration) => void): Promise<void>;
  /** True while a change of a provider has not been emitted. */
  isPending(): boolean;
  close(): void;
}

export interface AggregateOptions {
  readonly clock: Clock;
  /** Milliseconds from a change until it takes effect, together with all changes in between; default 50. */
  readonly debounceMs?: number;
  /** Called between the parts of a translation; default: the next part follows immediately. */
  readonly nextTurn?: NextTurn;
}

/** Keeps the last output of each provider; that of a provider whose source is unavailable stays unchanged. */
export function createAggregate(
  providers: readonly Provider[],
  { clock, debounceMs = 50, nextTurn }: AggregateOptions,
): Aggregate {
  const outputs = new Map<Provider, ProviderOutput>();
  const translate = createTranslateInParts();
  const turns = createTurns(nextTurn);
  let emitNow: (() => Parts) | undefined;
  let timer: Timer | undefined;
  let closed = false;
  const changed = (): void => {
    if (closed || emitNow === undefined) return;
    // Further changes do not postpone it, because a cluster may never be quiet.
    timer ??= clock.after(debounceMs, () => {
      timer = undefined;
      if (emitNow !== undefined) turns.run(emitNow);
    });
  };
  const collect = (): ProviderOutput => {
    // In the order of the providers, whichever emitted last.
    const all = providers.flatMap((provider) => outputs.get(provider) ?? []);
    return {
      documents: all.flatMap(({ documents }) => documents),
      problems: all.flatMap(({ problems }) => problems),
      unreadSecrets: new Map(all.flatMap(({ unreadSecrets = [] }) => [...unreadSecrets])),
    };
  };
  return {
    async start(emit) {
      await Promise.all(
        providers.map((provider) =>
          provider.start((output) => {
            outputs.set(provider, output);
            changed();
          }),
        ),
      );
      if (closed) return;
      emitNow = function* () {
        const { documents, problems, unreadSecrets } = collect();
        const configuration = yield* translate(documents, problems, unreadSecrets);
        if (!closed) emit(configuration);
      };
      finish(emitNow());
    },
    isPending: () => timer !== undefined || !turns.isIdle(),
    close() {
      closed = true;
      timer?.cancel();
      turns.close();
      for (const provider of providers) provider.close();
    },
  };
}
