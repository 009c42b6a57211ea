import { systemClock } from '@grantgate/middleware/base/clock';
import { openKeys } from '@grantgate/middleware/jwt/open-keys';
import type { JwtOptions } from '@grantgate/middleware/jwt/schema';
import { describeForOperators } from '@grantgate/middleware/token/failure';
import type { ConnectionResult } from './connection-result.ts';

export type KeysTarget = Pick<JwtOptions, 'keys' | 'issuers' | 'clientConfig' | 'algorithms'>;

/** Requests the keys that verify tokens, once per issuer. */
export async function tryKeys(options: KeysTarget): Promise<ConnectionResult> {
  const { keys: from, issuers, algorithms, clientConfig } = options;
  const problems: string[] = [];
  let count = 0;
  // The limit of a request does not keep the process alive by itself.
  const alive = setInterval(() => {}, 60_000);
  const keys = openKeys(
    { keys: from, issuers, clientConfig: { ...clientConfig, maxRetries: 0 } },
    {
      clock: systemClock,
      onKeys(event) {
        if (event.kind !== 'obtained') return;
        count += event.keys;
        problems.push(...event.problems);
      },
    },
  );
  try {
    for (const issuer of from.kind === 'path' ? issuers : [undefined]) {
      const found = await keys.find({ algorithm: algorithms[0] ?? '', id: undefined, issuer });
      if (found.kind === 'failure')
        return {
          fault: { severity: 'error', code: 'keys_unavailable' },
          detail: `${issuer === undefined ? '' : `${issuer}: `}${describeForOperators(found)}`,
        };
    }
    const ignored = problems.length === 0 ? '' : `; ignored: ${problems.join('; ')}`;
    return { fault: undefined, detail: `${count} ${count === 1 ? 'key' : 'keys'}${ignored}` };
  } finally {
    clearInterval(alive);
    await keys.close();
  }
}
