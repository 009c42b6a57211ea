import { expect, it } from 'vitest';
import { loadIoredis } from './load-ioredis.ts';

it('names the missing package when a store is created without it', () => {
  const missing = Object.assign(new Error("Cannot find module 'ioredis'"), { code: 'MODULE_NOT_FOUND' });
  const load = (): never => {
    throw missing;
  };
  expect(() => loadIoredis(load)).toThrow('a Redis store requires the package `ioredis`');
});

it('does not call a package missing that is there and broken', () => {
  const load = (): never => {
    throw new SyntaxError('Unexpected token');
  };
  expect(() => loadIoredis(load)).toThrow(SyntaxError);
});
