import { createServer } from 'node:http';
import { oAuthClientCredentials } from '@grantgate/middleware/express';

const protect = oAuthClientCredentials({ url: process.env.TOKEN_URL, claims: 'Equals(`grp`, `admin`)' });
const server = createServer((request, response) =>
  protect(request, response, () => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ caller: request.auth.clientId }));
  }),
);
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () =>
  console.log(`listening on ${server.address().port}`),
);
