import { answerHeaderNames, startCheckGateway, withUsername } from './checks.testkit.ts';
import type { Door } from './door.ts';
import { startGuardedService, toSeen } from './guarded-service.testkit.ts';
import { runCases } from './run-cases.testkit.ts';
import { sendRequest } from './send-request.testkit.ts';
import { startTraefik } from './traefik.testkit.ts';

/** Traefik by its documentation: each middleware guards a path of its own. */
const traefikDoor: Door = {
  name: 'Traefik ForwardAuth',
  async start(middlewares) {
    const service = await startGuardedService();
    const gateway = await startCheckGateway(middlewares);
    const nameOf = (url = ''): string => /^\/([^/]+)\//.exec(url)?.[1] ?? '';
    const traefik = await startTraefik({
      addressOf: ({ url }) => `${gateway.urlOf('forwardAuth')}/forward-auth/${nameOf(url)}@file`,
      authResponseHeadersOf: ({ url }) => answerHeaderNames(middlewares[nameOf(url)]!),
      service: service.url,
    });
    return {
      async request(middleware, request) {
        const answer = await sendRequest(traefik.url, {
          ...request,
          path: `/${middleware}${request.path ?? '/'}`,
        });
        return { ...answer, seen: withUsername(toSeen(answer)) };
      },
      async close() {
        await traefik.close();
        await gateway.close();
        await service.close();
      },
    };
  },
};

runCases(traefikDoor);
