import { text } from 'node:stream/consumers';
import { oAuthClientCredentials } from '@grantgate/middleware/fastify';
import Fastify from 'fastify';
import type { Door } from './door.ts';
import { headersOf, openHttpDoor, toSeenAnswer } from './node-doors.testkit.ts';
import { runCases } from './run-cases.testkit.ts';

const fastifyDoor: Door = {
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
            const { type, body } = toSeenAnswer(headersOf(request.raw), {
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
    return openHttpDoor(app.server, () => app.close());
  },
};

runCases(fastifyDoor);
