import { z } from 'zod';
import { duration } from './duration.ts';
import { secret, secretText } from './secret-schema.ts';
import { tlsFields } from './tls-schema.ts';

const { ca, ...otherTlsFields } = tlsFields;

/** `store` under its canonical names. */
export const storeSchema = z.strictObject({
  keyPrefix: z.string().default('').describe('Prefix of every key.'),
  secret: secret
    .optional()
    .describe(
      'Encrypts the tokens: 16, 24 or 32 bytes, for AES-128, -192 or -256. Required unless `secrets` is given.',
    ),
  secrets: z
    .array(secret)
    .min(1, { error: 'expected one or more secrets' })
    .optional()
    .describe(
      'Instead of `secret`: the first encrypts, all decrypt, so that the secret can be changed without losing tokens.',
    ),
  redis: z
    .strictObject({
      endpoints: z
        .array(z.string())
        .min(1, { error: 'expected one or more of host:port' })
        .describe('`host:port` of the server, of nodes of the cluster, or of the sentinels.'),
      username: secretText.optional().describe('ACL user.'),
      password: secret.optional().describe('Password of the ACL user, or of the default user.'),
      database: z.int().min(0).max(1_000_000).default(0).describe('Ignored, with a warning, in a cluster.'),
      timeout: duration
        .refine((ms) => ms >= 1 && ms <= 10_000, { error: 'expected a duration from 1ms to 10s' })
        .prefault('250ms')
        .describe('Time limit for an operation, after which the request continues without the store.'),
      cluster: z
        .union([z.boolean(), z.strictObject({})], { error: 'expected {} or a boolean' })
        .default(false)
        .describe('The endpoints are nodes of a Redis Cluster.'),
      tls: z
        .strictObject({
          ca: ca.describe('PEM certificates of the authorities that are trusted for servers.'),
          caBundle: secretText.optional().describe('Alias of `ca`.'),
          ...otherTlsFields,
        })
        .optional()
        .describe('Uses TLS to servers and sentinels.'),
      sentinel: z
        .strictObject({
          masterSet: z.string().min(1).describe('Name of the master that the sentinels watch.'),
          username: secretText.optional().describe('ACL user of the sentinels.'),
          password: secret.optional().describe('Password of the sentinels.'),
        })
        .optional()
        .describe('The endpoints are sentinels; excludes `cluster`.'),
    })
    .describe('Redis: one server, a Redis Cluster, or a master that sentinels watch.'),
});

/** The same with every default filled in. */
export type StoreShape = z.output<typeof storeSchema>;
export type StoreTlsInput = NonNullable<z.input<typeof storeSchema>['redis']['tls']>;
