import { jwt } from '@grantgate/middleware/express/jwt';
import express from 'express';

const app = express();
const callers = jwt({
  issuer: process.env.ISSUER,
  audience: process.env.AUDIENCE,
  type: 'at+jwt',
});
app.use('/orders', callers);
app.get('/orders', (req, res) => res.json({ caller: req.auth.clientId, scopes: req.auth.scopes }));
app.post('/orders', callers.route({ requiredScopes: ['orders:write'] }), (req, res) =>
  res.status(201).json({ caller: req.auth.clientId }),
);
const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () =>
  console.log(`listening on ${server.address().port}`),
);
