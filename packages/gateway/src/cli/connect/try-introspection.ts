import { randomBytes } from 'node:crypto';
import { systemClock } from '@grantgate/middleware/base/clock';
import {
  createIntrospection,
  type IntrospectionSettings,
} from '@grantgate/middleware/introspection/create-introspection';
import { describeForOperators } from '@grantgate/middleware/token/failure';
import type { ConnectionResult } from './connection-result.ts';

/** Introspects a token that does not exist: a response that it is inactive shows that the gateway may use the endpoint. */
export async function tryIntrospection(settings: IntrospectionSettings): Promise<ConnectionResult> {
  // The limit of a request does not keep the process alive by itself.
  const alive = setInterval(() => {}, 60_000);
  const introspection = createIntrospection(
    { ...settings, store: undefined, clientConfig: { ...settings.clientConfig, maxRetries: 0 } },
    { clock: systemClock },
  );
  try {
    const outcome = await introspection.introspect(randomBytes(32).toString('base64url'));
    switch (outcome.kind) {
      case 'inactive':
        return {
          fault: undefined,
          detail: `introspects tokens${settings.verify === undefined ? '' : ', with signed responses'}`,
        };
      case 'active':
        return {
          fault: { severity: 'error', code: 'introspection_failed' },
          detail: 'reports a token that does not exist as active: this may not be an introspection endpoint',
        };
      case 'failure': {
        const isRefused = outcome.reason === 'credentials_refused' || outcome.reason === 'request_rejected';
        return {
          fault: { severity: 'error', code: isRefused ? 'credentials_refused' : 'introspection_failed' },
          detail: describeForOperators(outcome),
        };
      }
    }
  } finally {
    clearInterval(alive);
    await introspection.close();
  }
}
