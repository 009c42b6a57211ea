import { createPasswordChecks, type PasswordChecks } from './password-checks.ts';

/** The checks of one of several middlewares. */
export interface ChecksUse {
  readonly checks: PasswordChecks;
  /** To be called once. The thread stops with the last. */
  readonly close: () => Promise<void>;
}

/** Middlewares of a kind share one thread. */
export function createSharedChecks(): () => ChecksUse {
  let open = 0;
  let shared: PasswordChecks | undefined;
  return () => {
    open += 1;
    const checks = (shared ??= createPasswordChecks());
    return {
      checks,
      async close() {
        open -= 1;
        if (open > 0) return;
        shared = undefined;
        await checks.close();
      },
    };
  };
}
