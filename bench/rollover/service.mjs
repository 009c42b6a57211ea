// The service behind the gateway, in its own process. Sends its parent its port, and each new token.
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
// Its parent has ended.
process.once('disconnect', () => process.exit());
