import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findClosedPort } from '../../../packages/testkit/src/scripted-server.ts';
import { entryPoints, writeConfiguration } from './contract-configuration.ts';
import type { ContractServers } from './contract-servers.testkit.ts';
import { startContractServers } from './contract-servers.testkit.ts';

/** A Traefik with the configuration of the contract suite, and the servers behind it. */
export interface ContractSubject {
  readonly servers: ContractServers;
  readonly originOf: (entryPoint: string) => string;
  close(): Promise<void>;
}

/** @param start starts a Traefik in the folder that contains `traefik.yaml`. */
export async function startSubject(
  start: (folder: string) => Promise<{ close(): Promise<void> }>,
): Promise<ContractSubject> {
  const servers = await startContractServers();
  const folder = await mkdtemp(join(tmpdir(), 'grantgate-traefik-'));
  const ports: Record<string, number> = {};
  for (const name of Object.keys(entryPoints)) ports[name] = await findClosedPort();
  const files = writeConfiguration({ entryPoints: ports, closed: await findClosedPort(), ...servers.ports });
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  const traefik = await start(folder);
  servers.takeSeen();
  return {
    servers,
    originOf: (entryPoint) => `http://127.0.0.1:${ports[entryPoint]}`,
    async close() {
      await traefik.close();
      await servers.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
