import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readVersion, traefikProgram } from '../traefik/real.testkit.ts';
import { cases, type LogCase } from './cases.ts';
import { startLogged, startRealLogged, type LogFormat, type LoggingProxy } from './logged.testkit.ts';
import { toFields, toStableLine, toWantedLine } from './observe.testkit.ts';

// The access log equals that of the recorded real Traefik, except where a case gives a reason. TRAEFIK=PROGRAM compares with the
// real one; `RECORD=1 TRAEFIK=PROGRAM npx vitest run test/conformance/access-log` records.

const recording = new URL('testdata/traefik.json', import.meta.url);

type Lines = Readonly<Record<string, unknown>>;

interface AccessLogRecording {
  readonly version: string;
  readonly recorded: string;
  readonly json: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly common: Readonly<Record<string, string>>;
  readonly genericCLF: Readonly<Record<string, string>>;
}

const formats: readonly LogFormat[] = ['json', 'common', 'genericCLF'];
const read = (): AccessLogRecording => JSON.parse(readFileSync(recording, 'utf8')) as AccessLogRecording;

async function logAll(
  format: LogFormat,
  start: (accessLog: object) => Promise<LoggingProxy>,
  asked: readonly LogCase[] = cases,
): Promise<Lines> {
  const logged = await start({ format });
  const lines: Record<string, unknown> = {};
  try {
    for (const one of asked) {
      const line = await logged.log(one);
      lines[one.name] = format === 'json' ? toFields(line, logged.ports) : toStableLine(line, logged.ports);
    }
  } finally {
    await logged.close();
  }
  return lines;
}

const observed: Record<string, Lines> = {};

/** Sends the request to the real one, and records its line. */
async function askReal(program: string): Promise<void> {
  for (const format of formats)
    observed[format] = await logAll(format, (log) => startRealLogged(program, log));
  if (process.env['RECORD'] !== '1') return;
  const head = { version: readVersion(program), recorded: new Date().toISOString().slice(0, 10) };
  writeFileSync(recording, `${JSON.stringify({ ...head, ...observed }, null, 1)}\n`);
}

if (traefikProgram !== undefined) await askReal(traefikProgram);

describe.runIf(traefikProgram !== undefined)('the access log of the real Traefik', () => {
  it.each(formats)('matches the recording, in the format %s', (format) => {
    expect(observed[format]).toEqual(read()[format]);
  });
});

/** Requests that cause a line here. */
const logged = cases.filter(({ isRefused }) => isRefused !== true);

describe('the access log in JSON', () => {
  let ours: Lines = {};
  beforeAll(async () => void (ours = await logAll('json', startLogged, logged)));

  it.each(logged)('for $name has the fields that Traefik writes', ({ name, differs = {} }) => {
    const wanted = { ...read().json[name], ...differs };
    const fields = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== null));
    expect(ours[name]).toEqual(fields);
  });
});

describe.each(['common', 'genericCLF'] as const)('the access log in the format %s', (format) => {
  let ours: Lines = {};
  beforeAll(async () => void (ours = await logAll(format, startLogged, logged)));
  afterAll(() => void (ours = {}));

  it.each(logged)('for $name has the line that Traefik writes', ({ name, differs }) => {
    expect(ours[name]).toMatch(toWantedLine(read()[format][name] ?? '', differs));
  });
});
