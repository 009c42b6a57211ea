import { createPasswordChecks, type PasswordChecks } from './password-checks.ts';

/** Password checks, shared by several middlewares. */
export interface ChecksUse {
  readonly checks: PasswordChecks;
  /** Must be called once. The last call stops the thread. */
  readonly close: () => Promise<void>;
}

/** Middlewares of one kind share one thread. */
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
