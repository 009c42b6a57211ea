import { oAuthClientCredentials } from '@grantgate/middleware/hono';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

const app = new Hono();
app.use('/orders', oAuthClientCredentials({ url: process.env.TOKEN_URL, claims: 'Equals(`grp`, `admin`)' }));
app.get('/orders', (c) => c.json({ caller: c.get('auth').clientId }));
serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000), hostname: '127.0.0.1' }, ({ port }) =>
  console.log(`listening on ${port}`),
);
