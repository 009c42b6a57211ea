import { oAuthClientCredentials } from '@grantgate/middleware/koa';
import Koa from 'koa';

const app = new Koa();
app.use(oAuthClientCredentials({ url: process.env.TOKEN_URL, claims: 'Equals(`grp`, `admin`)' }));
app.use((ctx) => {
  ctx.body = { caller: ctx.state.auth.clientId };
});
const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () =>
  console.log(`listening on ${server.address().port}`),
);
