import { expect, it } from 'vitest';
import { loadIoredis } from './load-ioredis.ts';

it('the missing package is named when a store is created without it', () => {
  const missing = Object.assign(new Error("Cannot find module 'ioredis'"), { code: 'MODULE_NOT_FOUND' });
  const load = (): never => {
    throw missing;
  };
  expect(() => loadIoredis(load)).toThrow('a Redis store requires the package `ioredis`');
});

it('a package that is installed but broken is not reported as missing', () => {
  const load = (): never => {
    throw new SyntaxError('Unexpected token');
  };
  expect(() => loadIoredis(load)).toThrow(SyntaxError);
});
