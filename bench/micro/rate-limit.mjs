// The decision of `rateLimit` for one request: `npm run bench:micro -- --only rate-limit`, after `make build`.
//
// One process counts alone; a worker takes tokens from a store that it shares with others, here in the same process, so without the
// message to the primary process. Sources: one, and 10,000 in turn. Processor time is counted.
import { systemClock } from '../../packages/middleware/dist/base/clock.js';
import { createMemoryStore } from '../../packages/middleware/dist/cache/memory-store.js';
import {
  createLocalRate,
  createSharedRate,
} from '../../packages/gateway/dist/middlewares/rate-limit/rate.js';
import { report } from './lib/report.mjs';
import { compare, nanoseconds, roundsOr } from './lib/rounds.mjs';
import { printTable } from './lib/table.mjs';

const rounds = roundsOr(15);
const limits = { perMs: 1e6, size: 1e6, maxWaitMs: 0 };
const refusing = { perMs: 1e-6, size: 1, maxWaitMs: 0 };
const sources = Array.from({ length: 10_000 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);

const local = createLocalRate(limits, systemClock);
const refused = createLocalRate(refusing, systemClock);
const store = createMemoryStore({ clock: systemClock });
const shared = createSharedRate(limits, systemClock, (source) => store.take(source, limits), local);
const sharedRefused = createSharedRate(
  refusing,
  systemClock,
  (source) => store.take(source, refusing),
  local,
);
await sharedRefused('one');
await sharedRefused('one');

const times = await compare(
  {
    'one process, one source': (count) => repeat(count, () => local('10.0.0.1')),
    'one process, 10,000 sources': (count) => repeat(count, (at) => local(sources[at % sources.length])),
    'one process, refused': (count) => repeat(count, () => refused('one')),
    'worker, one source': async (count) => {
      for (let at = 0; at < count; at += 1) {
        const waitMs = shared('10.0.0.1');
        if (typeof waitMs !== 'number') await waitMs;
      }
    },
    'worker, refused': (count) => repeat(count, () => sharedRefused('one')),
  },
  { rounds },
);

printTable(
  ['decision', 'CPU time, ns'],
  Object.entries(times).map(([name, { cpu }]) => [name, nanoseconds(cpu)]),
);
report({ unit: 'us', rounds, times });

function repeat(count, decide) {
  for (let at = 0; at < count; at += 1) decide(at);
}
