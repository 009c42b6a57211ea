import { listen } from './listen.mjs';

/** A token endpoint that responds at once, with the same lifetime for all; `tokenOf` receives the number of previous responses. */
export async function startTokenServer(tokenOf) {
  let answered = 0;
  const served = await listen((request, response) => {
    answered += 1;
    request.resume();
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({ access_token: tokenOf(answered), token_type: 'Bearer', expires_in: 86_400 }),
    );
  });
  return { ...served, answered: () => answered };
}
