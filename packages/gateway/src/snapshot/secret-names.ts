import type { Step } from '../middlewares/step.ts';

/** Query parameters and headers that any of these steps reads credentials from; undefined for none. */
export function secretNamesOf(steps: readonly Step[]): ReadonlySet<string> | undefined {
  const names = new Set(steps.flatMap(({ secretNames }) => [...(secretNames ?? [])]));
  return names.size === 0 ? undefined : names;
}
