import { register } from 'node:module';
import { callers, claims, own } from './grantgate.mjs';

register('./typescript-hooks.mjs', import.meta.url);
const { startAuthorizationServer: start } =
  await import('../../packages/testkit/src/authorization-server.ts');

/** The certified authorization server of the tests, in this process: it is idle while contenders are measured. */
export function startAuthorizationServer(more = []) {
  const clients = [callers, own, ...more].map((client) => ({ ...client, claims }));
  return start({ clients, lifetimeSeconds: 86_400 });
}
