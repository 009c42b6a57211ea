import { expect, it } from 'vitest';
import { cases } from './cases.mjs';
import { contenderNames } from './contenders.mjs';
import { parseOptions, usage, UsageError } from './options.mjs';

it('measures everything by default', () => {
  const options = parseOptions([]);
  expect(options).toMatchObject({ rounds: 3, seconds: 1, connections: 32, peers: [], json: undefined });
  expect(options.contenders).toEqual(contenderNames);
  expect(options.cases).toEqual([...cases.values()]);
});

it('takes every size, method and kind of connection as a case', () => {
  expect(cases.size).toBe(12);
  expect(cases.get('16KiB-post-new')).toEqual({
    name: '16KiB-post-new',
    method: 'POST',
    path: '/upload',
    sentBytes: 16_384,
    answerBytes: 28,
    headers: { Connection: 'close' },
  });
});

it('keeps nginx, to which the chosen contenders are compared', () => {
  const { contenders } = parseOptions(['--only', 'caddy,grantgate-gateway-2', '--only=haproxy']);
  expect(contenders).toEqual(['nginx', 'haproxy', 'caddy', 'grantgate-gateway-2']);
});

it('takes chosen cases, builds and numbers', () => {
  const options = parseOptions(
    '--cases 1MiB-get-new,28B-get-new --rounds 9 --seconds 4 --connections 8 --peer a --peer b --json out'.split(
      ' ',
    ),
  );
  expect(options.cases.map(({ name }) => name)).toEqual(['28B-get-new', '1MiB-get-new']);
  expect(options).toMatchObject({ rounds: 9, seconds: 4, connections: 8, peers: ['a', 'b'], json: 'out' });
});

it.each([
  ['--only', 'traefik', 'unknown; there are nginx,'],
  ['--cases', '28B', 'unknown; there are 28B-get-keepalive,'],
  ['--rounds', '0', 'expected a whole number above 0'],
  ['--seconds', '1.5', 'expected a whole number above 0'],
  ['--nothing', '', "'--nothing'"],
])('refuses %s %s', (option, value, message) => {
  const parse = () => parseOptions([option, value]);
  expect(parse).toThrow(UsageError);
  expect(parse).toThrow(message);
});

it('sends only the essential case to every contender with --quick', () => {
  const options = parseOptions(['--quick']);
  expect(options.contenders).toEqual(contenderNames);
  expect(options.cases.map(({ name }) => name)).toEqual(['28B-get-keepalive']);
  expect(() => parseOptions(['--quick', '--cases', '28B-get-new'])).toThrow(UsageError);
});

it('lists every contender and case in its help', () => {
  for (const name of [...contenderNames, ...cases.keys()]) expect(usage).toContain(` ${name}\n`);
});
