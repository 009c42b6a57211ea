import { expect, it } from 'vitest';
import type { z } from 'zod';
import type { IntrospectionInput } from '../introspection/input.ts';
import type { introspectionSchema } from '../introspection/schema.ts';
import type { JwtInput } from '../jwt/input.ts';
import type { jwtSchema } from '../jwt/schema.ts';
import type { ClientCredentialsFields } from './input.ts';
import type { clientCredentialsSchema } from './schema.ts';

type Same<A, B> = [A, B] extends [B, A] ? true : false;

// The compiler checks it when `make test` compiles the tests.
it('the generated interfaces match the inputs of their schemas', () => {
  const same: [
    Same<ClientCredentialsFields, z.input<typeof clientCredentialsSchema>>,
    Same<JwtInput, z.input<typeof jwtSchema>>,
    Same<IntrospectionInput, z.input<typeof introspectionSchema>>,
  ] = [true, true, true];
  expect(same).not.toContain(false);
});
