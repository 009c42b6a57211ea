import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createReference } from './create.ts';
import { createInputTypes } from './input-types.ts';
import { createOptionsPages } from './pages.ts';

const folder = fileURLToPath(new URL('../../../../../docs/reference/', import.meta.url));
const reference = createReference();
const options = Object.values(createOptionsPages()).flatMap(({ sections }) =>
  sections.flatMap((section) => section.options),
);

describe('the reference', () => {
  it.each([...reference])('is up to date in %s; otherwise run make reference', (path, text) => {
    expect(readFileSync(`${folder}${path}`, 'utf8')).toBe(text);
  });

  it('has no file that no command generates', () => {
    const found = readdirSync(folder, { recursive: true, withFileTypes: true });
    const paths = found
      .filter((entry) => entry.isFile())
      .map((entry) => `${entry.parentPath}/${entry.name}`.replaceAll('//', '/').slice(folder.length));
    expect(paths.sort()).toEqual([...reference.keys()].sort());
  });

  it('describes the meaning and type of every option', () => {
    expect(options.length).toBeGreaterThan(100);
    expect(options.filter(({ meaning }) => meaning === '').map(({ path }) => path)).toEqual([]);
    expect(options.filter(({ type }) => type === 'any').map(({ path }) => path)).toEqual([]);
  });

  it('marks the options that may contain a secret', () => {
    const secrets = options.filter(({ meaning }) => meaning.includes('**Secret**')).map(({ path }) => path);
    expect(secrets).toEqual([
      'providers.kubernetesCRD.token',
      'providers.kubernetesIngress.token',
      'providers.kubernetesGateway.token',
      'api.actionsToken',
      'http.middlewares.NAME.forwardAuth.tls.key',
      'http.middlewares.NAME.rateLimit.redis.password',
      'http.middlewares.NAME.rateLimit.redis.tls.key',
      'http.middlewares.NAME.inFlightReq.redis.password',
      'http.middlewares.NAME.inFlightReq.redis.tls.key',
      'http.middlewares.NAME.plugin.apiKey.secretValues',
      'http.middlewares.NAME.plugin.apiKey.keys[].secretValue',
      'http.middlewares.NAME.plugin.jwt.signingSecret',
      'http.middlewares.NAME.plugin.jwt.store.secret',
      'http.middlewares.NAME.plugin.jwt.store.secrets',
      'http.middlewares.NAME.plugin.jwt.store.redis.password',
      'http.middlewares.NAME.plugin.jwt.store.redis.tls.key',
      'http.middlewares.NAME.plugin.jwt.store.redis.sentinel.password',
      'http.middlewares.NAME.plugin.jwt.clientConfig.tls.key',
      'http.middlewares.NAME.plugin.jwt.clientConfig.headers',
      'http.middlewares.NAME.plugin.jwt.clientConfig.proxy',
      'http.middlewares.NAME.plugin.oAuthIntrospection.clientConfig.tls.key',
      'http.middlewares.NAME.plugin.oAuthIntrospection.clientConfig.headers',
      'http.middlewares.NAME.plugin.oAuthIntrospection.clientConfig.proxy',
      'http.middlewares.NAME.plugin.oAuthIntrospection.clientConfig.assertion.key',
      'http.middlewares.NAME.plugin.oAuthIntrospection.clientSecret',
      'http.middlewares.NAME.plugin.oAuthIntrospection.store.secret',
      'http.middlewares.NAME.plugin.oAuthIntrospection.store.secrets',
      'http.middlewares.NAME.plugin.oAuthIntrospection.store.redis.password',
      'http.middlewares.NAME.plugin.oAuthIntrospection.store.redis.tls.key',
      'http.middlewares.NAME.plugin.oAuthIntrospection.store.redis.sentinel.password',
      'http.middlewares.NAME.plugin.oAuthTokenExchange.clientSecret',
      'http.middlewares.NAME.plugin.oAuthTokenExchange.endpointParams',
      'http.middlewares.NAME.plugin.oAuthTokenExchange.clientConfig.tls.key',
      'http.middlewares.NAME.plugin.oAuthTokenExchange.clientConfig.headers',
      'http.middlewares.NAME.plugin.oAuthTokenExchange.clientConfig.proxy',
      'http.middlewares.NAME.plugin.oAuthTokenExchange.clientConfig.assertion.key',
      'http.middlewares.NAME.plugin.oAuthTokenExchange.store.secret',
      'http.middlewares.NAME.plugin.oAuthTokenExchange.store.secrets',
      'http.middlewares.NAME.plugin.oAuthTokenExchange.store.redis.password',
      'http.middlewares.NAME.plugin.oAuthTokenExchange.store.redis.tls.key',
      'http.middlewares.NAME.plugin.oAuthTokenExchange.store.redis.sentinel.password',
      'spec.plugin.apiKey.secretValues',
      'spec.plugin.apiKey.keys[].secretValue',
      'spec.plugin.jwt.signingSecret',
      'spec.plugin.jwt.store.secret',
      'spec.plugin.jwt.store.secrets',
      'spec.plugin.jwt.store.redis.password',
      'spec.plugin.jwt.store.redis.tls.key',
      'spec.plugin.jwt.store.redis.sentinel.password',
      'spec.plugin.jwt.clientConfig.tls.key',
      'spec.plugin.jwt.clientConfig.headers',
      'spec.plugin.jwt.clientConfig.proxy',
      'spec.plugin.oAuthIntrospection.clientConfig.tls.key',
      'spec.plugin.oAuthIntrospection.clientConfig.headers',
      'spec.plugin.oAuthIntrospection.clientConfig.proxy',
      'spec.plugin.oAuthIntrospection.clientConfig.assertion.key',
      'spec.plugin.oAuthIntrospection.clientSecret',
      'spec.plugin.oAuthIntrospection.store.secret',
      'spec.plugin.oAuthIntrospection.store.secrets',
      'spec.plugin.oAuthIntrospection.store.redis.password',
      'spec.plugin.oAuthIntrospection.store.redis.tls.key',
      'spec.plugin.oAuthIntrospection.store.redis.sentinel.password',
      'spec.plugin.oAuthTokenExchange.clientSecret',
      'spec.plugin.oAuthTokenExchange.endpointParams',
      'spec.plugin.oAuthTokenExchange.clientConfig.tls.key',
      'spec.plugin.oAuthTokenExchange.clientConfig.headers',
      'spec.plugin.oAuthTokenExchange.clientConfig.proxy',
      'spec.plugin.oAuthTokenExchange.clientConfig.assertion.key',
      'spec.plugin.oAuthTokenExchange.store.secret',
      'spec.plugin.oAuthTokenExchange.store.secrets',
      'spec.plugin.oAuthTokenExchange.store.redis.password',
      'spec.plugin.oAuthTokenExchange.store.redis.tls.key',
      'spec.plugin.oAuthTokenExchange.store.redis.sentinel.password',
      'spec.forwardAuth.tls.key',
      'spec.rateLimit.redis.password',
      'spec.rateLimit.redis.tls.key',
      'spec.inFlightReq.redis.password',
      'spec.inFlightReq.redis.tls.key',
      'stringData',
      'data',
      'clientSecret',
      'endpointParams',
      'introspection.clientSecret',
      'clientConfig.tls.key',
      'clientConfig.headers',
      'clientConfig.proxy',
      'clientConfig.assertion.key',
      'store.secret',
      'store.secrets',
      'store.redis.password',
      'store.redis.tls.key',
      'store.redis.sentinel.password',
    ]);
  });

  it('gives the type, the default and the meaning of an option', () => {
    const row = (path: string): unknown => options.find((option) => option.path === path);
    expect(row('clientConfig.timeoutSeconds')).toEqual({
      path: 'clientConfig.timeoutSeconds',
      type: 'number, above 0 to 3600',
      default: '`5`',
      required: false,
      meaning: 'Time limit for each attempt in seconds, including the connection.',
    });
    expect(row('store.redis.endpoints')).toMatchObject({ required: true, default: undefined });
    expect(row('entryPoints.NAME.transport.respondingTimeouts.idleTimeout')).toMatchObject({
      type: 'duration',
      default: '`180s`',
    });
    expect(row('http.services.NAME.loadBalancer.servers[].url')).toMatchObject({ required: true });
  });

  it('names every command', () => {
    const page = reference.get('cli.md') ?? '';
    for (const name of ['serve', 'check', 'claims', 'token', 'demo', 'schema'])
      expect(page).toContain(`Usage: grantgate ${name} `);
  });
});

describe('a generated interface of options', () => {
  const sources = fileURLToPath(new URL('../../../../middleware/src/', import.meta.url));

  it.each([...createInputTypes()])('matches the schema in %s; otherwise run make reference', (path, text) => {
    expect(readFileSync(`${sources}${path}`, 'utf8')).toBe(text);
  });

  it('has the meaning and the default of an option as its comment', () => {
    expect(createInputTypes().get('options/input.ts')).toContain(
      '    /** Retries after the first attempt. Default: `3`. */\n    maxRetries?: number | undefined;\n',
    );
  });
});
