import { text } from 'node:stream/consumers';
import { oAuthClientCredentials } from '@grantgate/middleware/fastify';
import Fastify from 'fastify';
import type { Integration } from './integration.ts';
import { headersOf, startHttpIntegration, toSeenResponse } from './node-integrations.testkit.ts';
import { runCases } from './run-cases.testkit.ts';

const fastifyDoor: Integration = {
  name: 'Fastify 5',
  async start(middlewares) {
    const app = Fastify();
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, payload, done) => {
      text(payload).then((body) => done(null, body), done);
    });
    for (const [name, options] of Object.entries(middlewares)) {
      await app.register(
        async (scope) => {
          await scope.register(oAuthClientCredentials, options);
          scope.all('/*', async (request, reply) => {
            const { type, body } = toSeenResponse(headersOf(request.raw), {
              method: request.method,
              body: typeof request.body === 'string' ? request.body : '',
              auth: request.auth,
            });
            return reply.type(type).send(Buffer.from(body));
          });
        },
        { prefix: `/${name}` },
      );
    }
    await app.listen({ port: 0, host: '127.0.0.1' });
    return startHttpIntegration(app.server, () => app.close());
  },
};

runCases(fastifyDoor);
