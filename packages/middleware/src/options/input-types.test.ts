import { expect, it } from 'vitest';
import type { z } from 'zod';
import type { bearerSchema } from '../application/bearer-options.ts';
import type { BearerFields } from '../application/input.ts';
import type { Secret } from '../base/secret.ts';
import type { ExchangeInput } from '../exchange/input.ts';
import type { exchangeSchema } from '../exchange/schema.ts';
import type { IntrospectionInput } from '../introspection/input.ts';
import type { introspectionSchema } from '../introspection/schema.ts';
import type { JwtInput } from '../jwt/input.ts';
import type { jwtSchema } from '../jwt/schema.ts';
import type { ClientCredentialsFields } from './input.ts';
import type { clientCredentialsSchema } from './schema.ts';

/** Read-only lists, as in the interfaces. */
type ReadOnly<T> = T extends readonly (infer Item)[]
  ? readonly ReadOnly<Item>[]
  : T extends Secret
    ? T
    : T extends object
      ? { [Name in keyof T]: ReadOnly<T[Name]> }
      : T;

type Same<A, Schema extends z.ZodType> = [A, ReadOnly<z.input<Schema>>] extends [ReadOnly<z.input<Schema>>, A]
  ? true
  : false;

// The compiler checks it when `make test` compiles the tests.
it('the generated interfaces match the inputs of their schemas', () => {
  const same: [
    Same<ClientCredentialsFields, typeof clientCredentialsSchema>,
    Same<JwtInput, typeof jwtSchema>,
    Same<IntrospectionInput, typeof introspectionSchema>,
    Same<ExchangeInput, typeof exchangeSchema>,
    Same<BearerFields, typeof bearerSchema>,
  ] = [true, true, true, true, true];
  expect(same).not.toContain(false);
});
