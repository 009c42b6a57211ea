import { oAuthClientCredentials } from '@grantgate/middleware/fastify';
import Fastify from 'fastify';

const app = Fastify();
await app.register(oAuthClientCredentials, { url: process.env.TOKEN_URL, claims: 'Equals(`grp`, `admin`)' });
app.get('/orders', async (request) => ({ caller: request.auth.clientId }));
await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' });
console.log(`listening on ${app.server.address().port}`);
