import { expect, it } from 'vitest';
import { cases } from './cases.mjs';
import { contenderNames } from './contenders.mjs';
import { parseOptions, usage } from './options.mjs';

it('measures every contender and case by default', () => {
  expect(parseOptions([])).toMatchObject({ rounds: 3, seconds: 1, json: undefined, help: false });
  expect(parseOptions([]).contenders).toEqual(contenderNames);
  expect(parseOptions([]).cases).toEqual([...cases.values()]);
});

it('keeps nginx, to which the chosen contenders are compared', () => {
  const options = parseOptions(['--only', 'grantgate-gateway', '--cases', 'grpc-unary,h2c-32-streams']);
  expect(options.contenders).toEqual(['nginx', 'grantgate-gateway']);
  expect(options.cases.map(({ name }) => name)).toEqual(['h2c-32-streams', 'grpc-unary']);
});

it('rejects a case that does not exist', () => {
  expect(() => parseOptions(['--cases', 'h3'])).toThrow('--cases h3: unknown');
});

it('lists every case in its usage', () => {
  for (const name of cases.keys()) expect(usage).toContain(name);
});

it('opens five hundred connections a second for handshakes', () => {
  expect(cases.get('tls-handshake').args(2)).toEqual([
    '-n1000',
    '-c1000',
    '-r10',
    '--rate-period=20ms',
    '--h1',
  ]);
});
