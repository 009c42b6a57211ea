// A token endpoint in its own process: `token-server.mjs DELAY_MS LIFETIME_S`. Sends its parent its port, and the times at which
// each token was requested and issued.
import { listen } from '../lib/listen.mjs';
import { now } from './clock.mjs';

const [delayMs, lifetimeSeconds] = process.argv.slice(2).map(Number);
let count = 0;
const { port } = await listen((request, response) => {
  const begin = now();
  request.resume();
  count += 1;
  const token = `token-${count}`;
  setTimeout(() => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: lifetimeSeconds }));
    process.send({ begin, end: now(), token });
  }, delayMs);
});
process.send({ port });
// Its parent has ended.
process.once('disconnect', () => process.exit());
