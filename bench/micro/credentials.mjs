// Bytes that tokens and their decisions take in memory, per credential: `npm run bench:credentials`.
//
// One process per line. Each credential gets a JWT of about 800 bytes, read as from a token endpoint, and causes two decisions, by
// a policy with a predicate, two forwarded headers and a user name; its header is formatted once. Heap and external memory, after a
// collection. `CREDENTIALS=1000,100000` for other numbers.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { systemClock } from '../../packages/middleware/dist/base/clock.js';
import { createTokenCache } from '../../packages/middleware/dist/cache/token-cache.js';
import { createApplicationDecide } from '../../packages/middleware/dist/decision/decide.js';
import { compilePolicy } from '../../packages/middleware/dist/decision/policy.js';
import { parseClientCredentials } from '../../packages/middleware/dist/options/parse.js';
import { processTokenResponse } from '../../packages/middleware/dist/token/token-response.js';

const [, , count, limit] = process.argv;
if (count === undefined) await compare();
else console.log(JSON.stringify(await measure(Number(count), limit && Number(limit))));

async function compare() {
  const numbers = (process.env.CREDENTIALS ?? '1,1000,100000,1000000').split(',').map(Number);
  console.log('credentials  kept       MiB     bytes each');
  for (const number of numbers) await print(number, Math.max(number, 100_000));
  // Effect of the default limit on a larger number of credentials.
  const most = Math.max(...numbers);
  if (most > 100_000) await print(most, undefined);
}

async function print(number, limit) {
  const args = ['--expose-gc', '--max-old-space-size=14000', fileURLToPath(import.meta.url), String(number)];
  if (limit !== undefined) args.push(String(limit));
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { bytes, kept } = JSON.parse(stdout);
  const mebibytes = (bytes / 2 ** 20).toFixed(2);
  console.log(
    `${String(number).padEnd(12)} ${String(kept).padEnd(10)} ${mebibytes.padEnd(7)} ${Math.round(bytes / kept)}`,
  );
}

async function measure(credentials, maxEntries) {
  const { options } = parseClientCredentials({
    url: 'http://127.0.0.1:1/token',
    claims: 'Equals(`grp`, `admin`)',
    forwardHeaders: { Group: 'grp', Mail: 'email' },
    usernameClaim: 'sub',
  });
  const endpoint = {
    obtain: async ({ clientId }) => {
      const attempt = await processTokenResponse(answerTo(clientId), {
        sentAtMs: systemClock.monotonic(),
        clock: systemClock,
      });
      return attempt.outcome;
    },
  };
  const open = () => {
    const cache = createTokenCache({ clock: systemClock, ...(maxEntries && { maxEntries }) });
    const source = cache.source({ endpoint, profile: ['one'] });
    return { cache, decide: createApplicationDecide(compilePolicy(options), source, systemClock) };
  };
  const use = async (decide, index) => {
    const pair = `client-${String(index).padStart(8, '0')}:a-secret-of-32-characters-${index % 1_000_000}`;
    const authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
    const first = await decide({ authorization });
    const second = decide({ authorization });
    if (!first.allowed || second !== first) throw new Error('not the verdict in memory');
    // As for a socket, a concatenated text becomes one text.
    for (const text of first.setHeaders) Buffer.from(text, 'latin1');
  };
  // In a cache that is dropped, so that the measurement does not include code and caches of the engine.
  const warm = open();
  for (let index = 0; index < 3_000; index += 1) await use(warm.decide, index);
  warm.decide = warm.cache = undefined;
  const before = await settled();
  const { cache, decide } = open();
  for (let index = 0; index < credentials; index += 1) await use(decide, index);
  const bytes = (await settled()) - before;
  const kept = Math.min(credentials, maxEntries ?? 100_000);
  // After the measurement, so that both exist until then.
  if (cache.counts().server !== credentials || decide.length !== 1) throw new Error('asked for too often');
  return { bytes, kept };
}

async function settled() {
  // Work that a collection leaves to the event loop ends before the next collection.
  for (let count = 0; count < 4; count += 1) {
    globalThis.gc();
    await new Promise(setImmediate);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function answerTo(clientId) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: 'https://login.example.com/tenant-1/',
    sub: clientId,
    aud: 'https://orders.example.com',
    azp: clientId,
    iat: now,
    exp: now + 86_400,
    jti: `${clientId}-0123456789abcdef0123456789abcdef`,
    scope: 'orders:read orders:write',
    grp: 'admin',
    email: `${clientId}@example.com`,
  };
  const token = `${part({ alg: 'RS256', kid: 'key-1', typ: 'at+jwt' })}.${part(claims)}.${'s'.repeat(342)}`;
  return new Response(JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 86_400 }), {
    headers: { 'content-type': 'application/json' },
  });
}
