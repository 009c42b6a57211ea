import type { ClientCredentialsInput } from '@grantgate/middleware/options/schema';
import type { TestGateway } from '../e2e/gateway.testkit.ts';
import { startTestGateway } from '../e2e/gateway.testkit.ts';
import type { SeenRequest } from './integration.ts';

/** A gateway that responds to the checks of a proxy for every middleware of the table; it has no routes. */
export function startCheckGateway(
  middlewares: Readonly<Record<string, ClientCredentialsInput>>,
  forwardAuth: Readonly<Record<string, unknown>> = {},
): Promise<TestGateway> {
  const http = {
    middlewares: Object.fromEntries(
      Object.entries(middlewares).map(([name, options]) => [
        name,
        { plugin: { oAuthClientCredentials: options } },
      ]),
    ),
  };
  const entryPoints = {
    forwardAuth: { address: '127.0.0.1:0', forwardAuth },
    extAuthz: { address: '127.0.0.1:0' },
  };
  return startTestGateway({
    routes: { 'routes.json': JSON.stringify({ http }) },
    install: `entryPoints: ${JSON.stringify(entryPoints)}\naccessLog: { format: json }\nlog: { level: debug }\n`,
  });
}

/** The request that the protected service received, with the user from the response's header. */
export function withUsername(seen: SeenRequest | undefined): SeenRequest | undefined {
  if (seen === undefined) return undefined;
  const at = seen.rawHeaders.findIndex(
    (name, index) => index % 2 === 0 && name.toLowerCase() === 'x-auth-request-user',
  );
  const value = at < 0 ? '' : Buffer.from(seen.rawHeaders[at + 1] ?? '', 'latin1').toString();
  return { ...seen, username: value === '' ? undefined : value };
}
