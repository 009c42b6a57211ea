import { readFile, writeFile } from 'node:fs/promises';
import { sendRequest } from '../send-request.testkit.ts';
import type { ContractObservation } from './contract-case.ts';
import { cases, nameEntryPoints, spelledNames, targetEntryPoints, targets } from './contract-cases.ts';
import { observe } from './contract-observation.testkit.ts';
import type { ContractSubject } from './contract-subject.testkit.ts';

/** Outcomes of the contract's cases with a real Traefik, with its version and the date. */
export interface Recording {
  readonly version: string;
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly cases: Readonly<Record<string, ContractObservation>>;
  /** By entry point and sent target: status, target of the check, target of the service; `-` for none. */
  readonly targets: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** By entry point and sent name: the name at the service, `-` for none, or the status of a refusal. */
  readonly names: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const file = new URL('testdata/recorded.json', import.meta.url);

export async function readRecording(): Promise<Recording> {
  return JSON.parse(await readFile(file, 'utf8')) as Recording;
}

/** Observes a real Traefik, and replaces the existing recording. */
export async function record(subject: ContractSubject, version: string): Promise<void> {
  const recording: Recording = {
    version,
    date: new Date().toISOString().slice(0, 10),
    cases: await byName(
      cases.map(({ name }) => name),
      (_name, at) => observe(subject, cases[at]!),
    ),
    targets: await byName(targetEntryPoints, (entryPoint) => observeTargets(subject, entryPoint)),
    names: await byName(nameEntryPoints, (entryPoint) => observeNames(subject, entryPoint)),
  };
  await writeFile(file, `${JSON.stringify(recording, null, 1)}\n`);
}

export function observeTargets(
  { servers, originOf }: ContractSubject,
  entryPoint: string,
): Promise<Record<string, string>> {
  servers.answer({ status: 200 });
  return byName(targets, async (target) => {
    servers.takeSeen();
    const { status } = await sendRequest(originOf(entryPoint), { path: target });
    const { check, service } = servers.takeSeen();
    const told = check?.headers.find((line) => line.startsWith(uriHeader))?.slice(uriHeader.length);
    return `${status} ${told ?? '-'} ${service?.request.slice('GET '.length) ?? '-'}`;
  });
}

const uriHeader = 'X-Forwarded-Uri: ';

export function observeNames(subject: ContractSubject, entryPoint: string): Promise<Record<string, string>> {
  return byName(spelledNames, async (name) => {
    const { status, service } = await observe(subject, { name, entryPoint, headers: [name, 'root'] });
    if (service === null) return String(status);
    return service.headers.find((line) => line.endsWith(': root'))?.slice(0, -': root'.length) ?? '-';
  });
}

/** One after the other, because the servers cannot distinguish two requests. */
async function byName<T>(
  names: readonly string[],
  of: (name: string, at: number) => Promise<T>,
): Promise<Record<string, T>> {
  const found: Record<string, T> = {};
  for (const [at, name] of names.entries()) found[name] = await of(name, at);
  return found;
}
