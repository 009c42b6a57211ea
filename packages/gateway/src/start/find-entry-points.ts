import type { EntryPointConfig, InstallConfig } from '../config/install.ts';

/** Names of the entry points that meet a condition. */
export const findEntryPoints = (
  entryPoints: InstallConfig['entryPoints'],
  test: (entryPoint: EntryPointConfig) => boolean,
): ReadonlySet<string> => new Set([...entryPoints.values()].filter(test).map(({ name }) => name));
