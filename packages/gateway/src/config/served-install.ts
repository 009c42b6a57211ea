import type { HostPort } from './address.ts';
import { udp } from './entry-point-schema.ts';
import type { EntryPointInput, InstallInput } from './install-schema.ts';

/** An entry point of TCP. */
export type ServedEntryPoint = Omit<EntryPointInput, 'address'> & { readonly address: HostPort };

/** The install configuration without entry points that are not served. */
export type ServedInstall = Omit<InstallInput, 'entryPoints'> & {
  readonly entryPoints: Readonly<Record<string, ServedEntryPoint>>;
};

/** Removes UDP entry points. */
export function toServedInstall(install: InstallInput): ServedInstall {
  const served = Object.entries(install.entryPoints).flatMap(([name, entryPoint]) => {
    const { address } = entryPoint;
    return address === udp ? [] : [[name, { ...entryPoint, address }] as const];
  });
  return { ...install, entryPoints: Object.fromEntries(served) };
}
