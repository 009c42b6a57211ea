import type { EntryPointConfig } from '../config/entry-point-config.ts';
import type { InstallConfig } from '../config/install-config.ts';

/** Names of the entry points that meet a condition. */
export const findEntryPoints = (
  entryPoints: InstallConfig['entryPoints'],
  test: (entryPoint: EntryPointConfig) => boolean,
): ReadonlySet<string> => new Set([...entryPoints.values()].filter(test).map(({ name }) => name));
