// The service behind the gateway, in a process of its own. Tells its parent its port, and of each token that it sees for the first time.
import { listen } from '../lib/listen.mjs';

const seen = new Set();
const { port } = await listen((request, response) => {
  const token = request.headers.authorization?.replace('Bearer ', '');
  if (!seen.has(token)) {
    seen.add(token);
    process.send({ token });
  }
  response.end('x'.repeat(28));
});
process.send({ port });
// Its parent is gone.
process.once('disconnect', () => process.exit());
