import fc from 'fast-check';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodedCharacters } from '../routing/facts.testkit.ts';
import { createServer } from 'node:net';
import { listen } from '../entrypoints/listen.ts';
import { isSameListener } from './address.ts';
import { parseInstall, shorthandInstall } from './parse-install.ts';

const shown = (text: string, file = '/etc/grantgate/grantgate.yaml'): string[] =>
  parseInstall(text, file).problems.map(
    ({ place, path, message, severity }) => `${severity} ${place.line}:${place.column} ${path}: ${message}`,
  );

describe('the install configuration', () => {
  it('fills in the documented defaults', () => {
    const { config, problems } = parseInstall('entryPoints:\n  web: { address: ":8000" }\n', 'g.yaml');
    expect(problems).toEqual([]);
    expect(config!.entryPoints.get('web')).toEqual({
      name: 'web',
      host: undefined,
      port: 8000,
      tls: undefined,
      trustedIPs: [],
      insecureForwardedHeaders: false,
      asDefault: false,
      proxyProtocol: undefined,
      middlewares: [],
      redirection: undefined,
      observability: { accessLogs: true, metrics: true, tracing: true },
      transport: {
        readTimeoutMs: 60_000,
        headerTimeoutMs: 10_000,
        writeTimeoutMs: 60_000,
        idleTimeoutMs: 180_000,
        graceTimeoutMs: 10_000,
        acceptGraceTimeoutMs: 0,
        maxRequests: 0,
        maxAgeMs: 0,
        maxHeaderBytes: 16_384,
        maxHeaderFields: 100,
        maxBodyBytes: 0,
      },
      http2: {
        maxConcurrentStreams: 250,
        maxDecoderHeaderTableSize: 4096,
        maxEncoderHeaderTableSize: 4096,
        h2c: true,
      },
      encodedCharacters,
    });
    expect(config).toMatchObject({ log: { level: 'info', format: 'json' }, ping: undefined, workers: 1 });
    expect(config!.metrics).toBeUndefined();
    expect(config!.accessLog).toBeUndefined();
    expect(config!.providers.file).toBeUndefined();
  });

  it.each([
    ['auto', 'auto'],
    ['Auto', 'auto'],
    ['1', 1],
    ['256', 256],
  ])('accepts %s for workers', (written, workers) => {
    expect(parseInstall(`workers: ${written}`, 'g.yaml')).toMatchObject({
      config: { workers },
      problems: [],
    });
  });

  it.each([
    ['0', 'expected number to be >=1'],
    ['257', 'expected number to be <=256'],
    ['1.5', 'expected auto or a whole number from 1 to 256'],
    ['all', 'expected auto or a whole number from 1 to 256'],
  ])('refuses %s for workers, with the expected values', (written, message) => {
    expect(shown(`workers: ${written}`)).toEqual([`error 1:10 workers: ${message}`]);
  });

  it('reads every option, with names in any letter case and paths from its own folder', () => {
    const text = `
EntryPoints:
  websecure:
    Address: "[::1]:8443"
    tls: { certificates: [{ certFile: a.pem, keyfile: /k/a.key }] }
    forwardedHeaders: { trustedIPs: [10.0.0.0/8, "::1"], insecure: true }
    transport:
      respondingTimeouts: { readTimeout: 1m30s, headerTimeout: 5, writeTimeout: 2m, idleTimeout: 500ms }
      lifeCycle: { graceTimeout: "20" }
    http2: { maxConcurrentStreams: 10, MaxDecoderHeaderTableSize: 0, maxEncoderHeaderTableSize: 65536, h2c: false }
    http: { maxHeaderBytes: 4096, maxHeaderFields: 50, maxBodyBytes: 1048576, encodedCharacters: { AllowEncodedSlash: true, allowencodedhash: false } }
  admin: { address: "localhost:0" }
providers:
  file: { directory: ./routes, filename: one.yaml, watch: false }
  kubernetescrd:
    endpoint: https://10.0.0.1:6443
    token: urn:file:/run/token
    certAuthFilePath: ca.crt
    namespaces: [apps, shop, apps]
    labelSelector: "app.kubernetes.io/part-of=api, tier notin (test, dev), !legacy, team"
    ingressClass: internal
    allowCrossNamespace: true
    allowExternalNameServices: true
    throttleDuration: 2s
accessLog: { format: json, filePath: logs/access.log }
log: { level: WARN, format: common }
metrics:
  Prometheus: { Buckets: [0.005, 1], addEntryPointsLabels: false, addRoutersLabels: true, addServicesLabels: false }
ping: {}
`;
    const { config, problems } = parseInstall(text, '/etc/grantgate/grantgate.yaml');
    expect(problems).toEqual([]);
    expect(config!.entryPoints.get('websecure')).toEqual({
      name: 'websecure',
      host: '::1',
      port: 8443,
      asDefault: false,
      tls: { certificates: [{ certFile: '/etc/grantgate/a.pem', keyFile: '/k/a.key' }] },
      proxyProtocol: undefined,
      middlewares: [],
      redirection: undefined,
      observability: { accessLogs: true, metrics: true, tracing: true },
      trustedIPs: ['10.0.0.0/8', '::1'],
      insecureForwardedHeaders: true,
      transport: {
        readTimeoutMs: 90_000,
        headerTimeoutMs: 5000,
        writeTimeoutMs: 120_000,
        idleTimeoutMs: 500,
        graceTimeoutMs: 20_000,
        acceptGraceTimeoutMs: 0,
        maxRequests: 0,
        maxAgeMs: 0,
        maxHeaderBytes: 4096,
        maxHeaderFields: 50,
        maxBodyBytes: 1_048_576,
      },
      http2: {
        maxConcurrentStreams: 10,
        maxDecoderHeaderTableSize: 0,
        maxEncoderHeaderTableSize: 65_536,
        h2c: false,
      },
      encodedCharacters: { ...encodedCharacters, allowEncodedSlash: true, allowEncodedHash: false },
    });
    expect(config).toMatchObject({
      providers: {
        file: { paths: ['/etc/grantgate/one.yaml', '/etc/grantgate/routes'], watch: false },
        kubernetes: {
          endpoint: 'https://10.0.0.1:6443',
          certAuthFilePath: '/etc/grantgate/ca.crt',
          kubeconfig: undefined,
          throttleMs: 2000,
          crd: {
            namespaces: ['apps', 'shop'],
            labelSelector: 'app.kubernetes.io/part-of=api, tier notin (test, dev), !legacy, team',
            ingressClass: 'internal',
            allowCrossNamespace: true,
            allowExternalNameServices: true,
          },
        },
      },
      accessLog: { format: 'json', filePath: '/etc/grantgate/logs/access.log' },
      log: { level: 'warn', format: 'common' },
      metrics: { buckets: [0.005, 1], byEntryPoint: false, byRouter: true, byService: false },
      ping: { entryPoint: 'admin', terminatingStatus: 503 },
    });
    expect(config!.providers.kubernetes!.token!.reveal()).toBe('urn:file:/run/token');
    expect(JSON.stringify(config!.providers)).not.toContain('/run/token');
  });

  it.each([
    ['{ endpoint: "https://a", kubeconfig: k }', 'kubeconfig: expected either endpoint or kubeconfig'],
    ['{ endpoint: "https://a", context: c }', 'context: applies to a kubeconfig: remove endpoint'],
    ['{ token: t, kubeconfig: k }', 'token: requires endpoint'],
    ['{ certAuthFilePath: c }', 'certAuthFilePath: requires endpoint'],
  ])('validates combinations of options of kubernetesCRD: %s', (options, message) => {
    const problems = shown(`providers: { kubernetesCRD: ${options} }`);
    expect(problems.map((problem) => problem.replace(/^.*kubernetesCRD\./, ''))).toEqual([message]);
  });

  it('reads a whole cluster by default, with the safe defaults of Traefik', () => {
    expect(parseInstall('providers: { kubernetesCRD: {} }', 'g.yaml').config!.providers.kubernetes).toEqual({
      endpoint: undefined,
      token: undefined,
      certAuthFilePath: undefined,
      kubeconfig: undefined,
      context: undefined,
      qps: 200,
      burst: 300,
      secretsThreshold: 20,
      throttleMs: 0,
      crd: {
        namespaces: [],
        labelSelector: '',
        ingressClass: '',
        allowCrossNamespace: false,
        defaultTlsNamespace: '',
        allowExternalNameServices: false,
        localReferences: { option: 'providers.kubernetesCRD.allowLocalReferences', allowed: [] },
      },
      ingress: undefined,
      gateway: undefined,
    });
  });

  it.each([
    '9007199254740992',
    '9007199254740993',
    '18446744073709551616',
    '1e300',
    '9'.repeat(400),
    '-1',
    '1.5',
    '0x',
    '.inf',
    '.nan',
  ])('rejects a size or a time of %s, and rounds none', (written) => {
    for (const option of ['maxHeaderBytes', 'maxHeaderFields', 'maxBodyBytes']) {
      const text = `entryPoints: { web: { address: ":80", http: { ${option}: ${written} } } }`;
      expect(parseInstall(text, 'a.yaml').config).toBeUndefined();
      expect(parseInstall(text, 'a.yaml').problems[0]?.path).toBe(`entryPoints.web.http.${option}`);
    }
    if (written === '1.5') return;
    for (const option of ['readTimeout', 'headerTimeout', 'writeTimeout', 'idleTimeout'])
      for (const unit of ['', 's', 'ns', 'h']) {
        const text = `entryPoints: { web: { address: ":80", transport: { respondingTimeouts: { ${option}: ${written}${unit} } } } }`;
        expect(parseInstall(text, 'a.yaml').config).toBeUndefined();
      }
  });

  it('reports all problems at once, each at its place', () => {
    const text = `entryPoints:
  web:
    adress: ":80"
  two: { address: "host:99999" }
  three: { address: ":80", forwardedHeaders: { trustedIPs: [10.0.0.0/33] }, http: { maxHeaderBytes: -1, maxHeaderFields: 0 } }
  four: { address: ":81", transport: { respondingTimeouts: { readTimeout: fast } }, Address: ":82" }
metrics: { prometheus: { buckets: [0.1, 0.1], addRouterLabels: true, manualRouting: true }, datadog: {} }
providers:
  file: { watch: true }
  kubernetesCRD:
    endpoint: 10.0.0.1:6443
    context: other
    namespaces: [apps, "*"]
    labelSelector: app in api
    throttleDuration: soon
    allowEmptyServices: true
    crossProviderNamespaces: [apps]
log: { level: loud }
`;
    expect(shown(text).sort()).toEqual(
      [
        'error 3:5 entryPoints.web.adress: unknown option adress: did you mean address?',
        'error 2:3 entryPoints.web.address: is required',
        'error 4:20 entryPoints.two.address: expected host:port, :port or [IPv6 address]:port',
        'error 5:61 entryPoints.three.forwardedHeaders.trustedIPs[0]: expected an IP address or a CIDR range',
        'error 5:101 entryPoints.three.http.maxHeaderBytes: expected number to be >=0',
        'error 5:101 entryPoints.three.http.maxHeaderBytes: expected number to be >=1',
        'error 5:122 entryPoints.three.http.maxHeaderFields: expected number to be >=1',
        'error 6:75 entryPoints.four.transport.respondingTimeouts.readTimeout: expected a duration such as 30s, 1m30s or 500ms, or whole seconds, up to 596h',
        'error 6:85 entryPoints.four.Address: address is given twice (names are case-insensitive)',
        'error 7:26 metrics.prometheus.buckets: expected ascending numbers',
        'error 7:47 metrics.prometheus.addRouterLabels: unknown option addRouterLabels: did you mean addRoutersLabels?',
        'warning 7:70 metrics.prometheus.manualRouting: metrics.prometheus.manualRouting is not served and is ignored: prometheus@internal is not a service here; /metrics is served on the entry point of metrics.prometheus',
        'warning 7:93 metrics.datadog: metrics.datadog is not served and is ignored: metrics are served for Prometheus and exported over OTLP',
        'error 9:3 providers.file: expected filename or directory',
        'error 11:15 providers.kubernetesCRD.endpoint: expected a URL with https or http',
        'error 13:25 providers.kubernetesCRD.namespaces[1]: expected the name of a namespace',
        'error 14:20 providers.kubernetesCRD.labelSelector: expected a label selector such as `app=api,tier!=test`',
        'error 15:23 providers.kubernetesCRD.throttleDuration: expected a duration such as 30s, 1m30s or 500ms, or whole seconds, up to 596h',
        'warning 16:5 providers.kubernetesCRD.allowEmptyServices: providers.kubernetesCRD.allowEmptyServices is not served and is ignored: a route whose Service has no endpoints responds with 503',
        'error 17:5 providers.kubernetesCRD.crossProviderNamespaces: crossProviderNamespaces is not supported by this version',
        'error 18:15 log.level: expected one of "debug"|"info"|"warn"|"error"',
      ].sort(),
    );
  });

  it.each([
    '80',
    'host',
    ':',
    'a b:80',
    '::1:80',
    '[127.0.0.1]:80',
    '[::1]',
    ':80/sctp',
    'http://a:80',
    ':080000',
  ])('refuses the address %j', (address) => {
    expect(shown(`entryPoints: { web: { address: ${JSON.stringify(address)} } }`)).toHaveLength(1);
  });

  it.each(['prometheus: {}', 'Prometheus: { AddServicesLabels: true }'])(
    'has Traefik’s defaults for metrics: %s',
    (written) => {
      const { config, problems } = parseInstall(
        `entryPoints: { admin: { address: ":1" } }\nmetrics: { ${written} }`,
        'g.yaml',
      );
      expect(problems).toEqual([]);
      const view = {
        buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.03, 0.1, 0.3, 1.2, 5],
        byEntryPoint: true,
        byRouter: false,
        byService: true,
      };
      expect(config!.metrics).toEqual({ ...view, prometheus: { entryPoint: 'admin', ...view } });
    },
  );

  it.each(['metrics: { otlp: {} }', 'metrics: { otlp: { http: {} } }', 'Metrics: { OTLP: true }'])(
    'has Traefik’s defaults for metrics over OTLP: %s',
    (written) => {
      const { config, problems } = parseInstall(written, 'g.yaml');
      expect(problems).toEqual([]);
      expect(config!.metrics!.prometheus).toBeUndefined();
      expect(config!.metrics!.otlp).toMatchObject({
        buckets: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
        byEntryPoint: true,
        byRouter: false,
        byService: true,
        intervalMs: 10_000,
      });
    },
  );

  it('uses the bounds of all destinations together', () => {
    const written = 'metrics: { prometheus: { buckets: [1, 2] }, otlp: { explicitBoundaries: [0.5, 2, 3] } }';
    expect(parseInstall(written, 'g.yaml').config!.metrics!.buckets).toEqual([0.5, 1, 2, 3]);
  });

  it.each(['metrics: {}', 'metrics: { prometheus: }'])('records no metrics with %s', (written) => {
    expect(parseInstall(written, 'g.yaml')).toMatchObject({ config: { metrics: undefined }, problems: [] });
  });

  it.each([
    ['[]', 'expected array to have >=1 items'],
    ['[0]', 'expected number to be >0'],
    ['[0.1, .inf]', 'expected number'],
    ['[1, 0.5]', 'expected ascending numbers'],
  ])('refuses the buckets %s', (buckets, message) => {
    expect(
      shown(`entryPoints: { admin: { address: ":1" } }\nmetrics: { prometheus: { buckets: ${buckets} } }`),
    ).toEqual([expect.stringContaining(message)]);
  });

  it('may be TOML, or empty', () => {
    const toml = parseInstall('[entryPoints.web]\naddress = ":81"\n', 'g.toml');
    expect(toml.config!.entryPoints.get('web')!.port).toBe(81);
    expect(parseInstall('', 'g.yaml').config!.entryPoints.get('web')).toMatchObject({
      host: '127.0.0.1',
      port: 8000,
    });
  });

  it('never throws, whatever the text', () => {
    const keys = fc.constantFrom(
      'entryPoints',
      'web',
      'address',
      'providers',
      'file',
      'tls',
      'log',
      '__proto__',
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        // Deep enough for every level of the schema; without a limit, the texts reach megabytes.
        { maxDepth: 5, depthSize: 'small' },
        fc.jsonValue({ maxDepth: 1 }),
        fc.dictionary(keys, tie('tree'), { maxKeys: 4 }),
        fc.array(tie('tree'), { maxLength: 3 }),
      ),
    }));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          tree.map((value) => JSON.stringify(value)),
        ),
        (text) => {
          const { config, problems } = parseInstall(text, 'g.yaml');
          expect(config === undefined).toBe(problems.some(({ severity }) => severity === 'error'));
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('two entry points', () => {
  const install = (one: string, two: string): string =>
    `entryPoints:\n  one: { address: "${one}" }\n  two: { address: "${two}" }\n`;

  it.each([
    ['127.0.0.1:8000', '127.0.0.1:8000'],
    [':8000', '127.0.0.1:8000'],
    ['[::1]:8000', '[::]:8000'],
    ['[::1]:8000', '[0:0::1]:8000'],
    ['0.0.0.0:8000', '127.0.0.1:8000'],
    ['localhost:8000', 'LOCALHOST:8000'],
    [':8000', 'gateway.example:8000'],
  ])('at %s and %s are an error that names both', (one, two) => {
    expect(shown(install(one, two))).toEqual([
      expect.stringMatching(/^error 3:\d+ entryPoints\.two\.address: .*:8000 conflicts with .*:8000 of the entry point one$/),
    ]);
    expect(parseInstall(install(one, two), 'g.yaml').config).toBeUndefined();
  }); // prettier-ignore

  it.each([
    ['127.0.0.1:8000', '127.0.0.1:8001'],
    ['127.0.0.1:0', '127.0.0.1:0'],
    ['127.0.0.1:8000', '127.0.0.2:8000'],
    ['127.0.0.1:8000', '[::1]:8000'],
    ['0.0.0.0:8000', '[::1]:8000'],
    ['127.0.0.1:8000', 'localhost:8000'],
  ])('at %s and %s are accepted', (one, two) => {
    expect(shown(install(one, two))).toEqual([]);
  });

  // Other systems allow a listener on one address in addition to one on all of them.
  it.runIf(process.platform === 'linux')('conflict exactly when the operating system refuses both', async () => {
    const hosts = [undefined, '::', '0.0.0.0', '127.0.0.1', '127.0.0.2', '::1'];
    for (const [index, one] of hosts.entries())
      for (const other of hosts.slice(index)) {
        const first = createServer();
        const port = await listen(first, { host: one, port: 0 });
        const second = createServer();
        const taken = await listen(second, { host: other, port }).then(() => false, () => true);
        const of = (host: string | undefined) => ({ host, port });
        expect([one, other, isSameListener(of(one), of(other))]).toEqual([one, other, taken]);
        for (const server of [first, second]) server.close();
      }
  }); // prettier-ignore
});

describe('serve PATH...', () => {
  it('listens on loopback and logs access to standard output', () => {
    const config = shorthandInstall(['routes', '/abs.yaml']);
    expect([...config.entryPoints.keys()]).toEqual(['web']);
    expect(config.entryPoints.get('web')).toMatchObject({ host: '127.0.0.1', port: 8000 });
    expect(config.accessLog).toMatchObject({ format: 'json', filePath: undefined, filters: undefined });
    expect(config.providers.file!.paths).toEqual([resolve('routes'), '/abs.yaml']);
  });
});
