import { oAuthClientCredentials } from '@grantgate/middleware/express';
import express from 'express';

const app = express();
app.use('/orders', oAuthClientCredentials({ url: process.env.TOKEN_URL, claims: 'Equals(`grp`, `admin`)' }));
app.get('/orders', (req, res) => res.json({ caller: req.auth.clientId }));
const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () =>
  console.log(`listening on ${server.address().port}`),
);
