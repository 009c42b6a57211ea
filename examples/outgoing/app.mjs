import { createFetch, createTokenSource } from '@grantgate/middleware/outgoing';

const source = createTokenSource({
  url: process.env.TOKEN_URL,
  clientID: process.env.CLIENT_ID,
  clientSecret: process.env.CLIENT_SECRET,
});
const fetch = createFetch(source);
const response = await fetch(process.env.API_URL);
console.log(response.status, await response.text());
await source.close();
