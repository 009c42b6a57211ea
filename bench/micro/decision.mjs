// Cost of a decision when the token is in memory: `npm run bench:decision`. Nanoseconds per decision, median and spread of
// the rounds.
import { createServer } from 'node:http';
import { SignJWT } from 'jose';
import { systemClock } from '../../packages/middleware/dist/base/clock.js';
import { createAuthenticator } from '../../packages/middleware/dist/create.js';
import { createJwtAuthenticator } from '../../packages/middleware/dist/jwt/create-jwt-authenticator.js';
import { parseJwt } from '../../packages/middleware/dist/jwt/parse.js';
import { report } from './lib/report.mjs';

const rounds = Number(process.env.ROUNDS ?? 15);
const decisions = 500_000;
const authorization = `Basic ${Buffer.from('orders-client:orders-secret').toString('base64')}`;
// Each request has its own string, made from these bytes.
const pool = Array.from({ length: 64 }, () => Buffer.from(authorization));

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const claims = { sub: 'ada', grp: 'admin', scope: 'orders:read orders:write', filler: 'x'.repeat(300) };
const token = `${part({ alg: 'RS256' })}.${part(claims)}.${'s'.repeat(342)}`;
const listen = async (handle) => {
  const server = createServer(handle);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${server.address().port}/` };
};
await measure();

async function measure() {
  const tokens = await listen((incoming, response) => {
    incoming.resume();
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 86_400 }));
  });
  const options = {
    url: `${tokens.url}token`,
    claims: 'Equals(`grp`, `admin`)',
    forwardHeaders: { Group: 'grp' },
    usernameClaim: 'sub',
  };

  await measureDecision('gateway level', { ...options, clientID: 'own', clientSecret: 'own-secret' }, 500);
  await measureDecision('application level', options, 1_000);
  await measureJwt(options);
  tokens.server.close();
  tokens.server.closeAllConnections();
}

/** A caller's own token: each request is hashed, and the token is verified once. */
async function measureJwt({ claims: predicate, forwardHeaders, usernameClaim }) {
  const secret = 'a-secret-of-more-than-thirty-two-bytes';
  const signed = await new SignJWT({ ...claims, aud: 'api' })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1h')
    .sign(Buffer.from(secret));
  const { options } = parseJwt({
    signingSecret: secret,
    audience: 'api',
    claims: predicate,
    forwardHeaders,
    usernameClaim,
  });
  const clock = systemClock;
  const open = () => createJwtAuthenticator(options, { clock, proofs: {} });
  const texts = Array.from({ length: 64 }, () => Buffer.from(`Bearer ${signed}`));
  const header = () => undefined;
  const fresh = (count) => texts[count % texts.length].toString('latin1');
  await measureLevel(`jwt, a token of ${signed.length} bytes`, {
    authenticator: open(),
    fresh,
    toFacts: (text) => ({ authorization: text, target: '/', header }),
    wantedNs: 1_500,
  });
  const sharedHead = {};
  await measureLevel('jwt, on a connection that sends the same head again', {
    authenticator: open(),
    fresh,
    toFacts: (text) => ({ authorization: text, target: '/', header, sharedHead }),
    wantedNs: 250,
  });
}

async function measureDecision(name, input, wantedNs) {
  await measureLevel(name, {
    authenticator: createAuthenticator(input),
    fresh,
    toFacts: (text) => ({ authorization: text }),
    wantedNs,
  });
}

async function measureLevel(name, { authenticator, fresh, toFacts, wantedNs }) {
  await authenticator.decide(toFacts(fresh(0)));
  const round = () => {
    const begun = process.hrtime.bigint();
    for (let count = 0; count < decisions; count += 1) {
      // As from a server: a new string each time, which no look-up has seen.
      const facts = toFacts(fresh(count));
      if (!authenticator.decide(facts).allowed) throw new Error('refused');
    }
    return Number(process.hrtime.bigint() - begun) / decisions;
  };
  // The creation of the strings is no part of the decision.
  const fill = () => {
    const begun = process.hrtime.bigint();
    for (let count = 0; count < decisions; count += 1)
      if (fresh(count).length < 9) throw new Error('no header');
    return Number(process.hrtime.bigint() - begun) / decisions;
  };
  for (let warm = 0; warm < 3; warm += 1) {
    round();
    fill();
  }
  const results = Array.from({ length: rounds }, () => round() - fill()).sort((a, b) => a - b);
  const { median, low, high } = spreadOf(results);
  report({ what: `decision, ${name}`, unit: 'ns', median, low, high, wanted: wantedNs });
  console.log(
    `decision, ${name}: ${median.toFixed(0)} ns (${low.toFixed(0)} to ${high.toFixed(0)}), wanted ${wantedNs} ns`,
  );
  await authenticator.close();
}

function fresh(count) {
  return pool[count % pool.length].toString('latin1');
}

/** Median, and the quartiles. */
function spreadOf(sorted) {
  const at = (share) => sorted[Math.floor((sorted.length - 1) * share)];
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}
