import { describe, expect, it } from 'vitest';
import { parseInstall } from './parse-install.ts';

// Transcribed from static files of public repositories, reduced to the options that matter. Traefik 3.7.13 starts with each of
// them (2026-11-29).

const parse = (text: string, file = 'traefik.yml') => {
  const { config, problems } = parseInstall(text, `/etc/traefik/${file}`);
  return { config, told: problems.map(({ severity, path, message }) => `${severity} ${path}: ${message}`) };
};
const warning = (path: string): unknown =>
  expect.stringMatching(
    new RegExp(`^warning ${path.replaceAll('.', '\\.')}: ${path.replaceAll('.', '\\.')} is not served`),
  );

const redirecting = `
entryPoints:
  web:
    address: ":80"
    http: { redirections: { entrypoint: { to: websecure, scheme: https } } }
  websecure:
    address: :443/tcp
    http: { tls: { certResolver: le, domains: [{ main: a.example, sans: "*.a.example" }] }, middlewares: security-headers@file }
`;

describe('a static file of Traefik', () => {
  it('has redirections, TLS and middlewares of entry points', () => {
    const { config, told } = parse(redirecting);
    expect(told).toEqual([
      warning('entryPoints.websecure.http.tls.certResolver'),
      warning('entryPoints.websecure.http.tls.domains'),
    ]);
    expect(config!.entryPoints.get('web')).toMatchObject({
      port: 80,
      tls: undefined,
      redirection: {
        to: 'websecure',
        scheme: 'https',
        port: '443',
        permanent: true,
        exceptAcme: false,
      },
    });
    expect(config!.entryPoints.get('websecure')).toMatchObject({
      port: 443,
      tls: { certificates: [] },
      middlewares: ['security-headers@file'],
      redirection: undefined,
    });
  });

  it('is served without the unsupported entry points, each named in a warning', () => {
    const { config, told } = parse(`
global: { checkNewVersion: false, sendAnonymousUsage: false }
api: { dashboard: true, insecure: true, debug: true }
serversTransport: { insecureSkipVerify: true, spiffe: { ids: [a] }, rootCAs: [ca.pem] }
entryPoints:
  web: { address: ":80", http3: { advertisedPort: 443 }, http2: { maxConcurrentStreams: 100 } }
providers:
  docker: { endpoint: "unix:///var/run/docker.sock", exposedbydefault: false, swarmMode: false }
  file: { directory: /etc/traefik/dynamic, watch: true, debugLogGeneratedTemplate: true }
certificatesResolvers: { le: { acme: { email: a@b.example, storage: acme.json, tlsChallenge: {} } } }
experimental: { plugins: { real-ip: { modulename: github.com/soulbalz/traefik-real-ip, version: v1.0.3 } } }
tls: { options: { default: { minVersion: VersionTLS12, sniStrict: true } } }
http: { routers: { api: { rule: "PathPrefix(\`/\`)", service: api } } }
x-common: &common { watch: true }
`);
    expect(config!.providers.file!.paths).toEqual(['/etc/traefik/dynamic']);
    expect(config!.serversTransport).toMatchObject({ insecureSkipVerify: true, rootCAs: [{ kind: 'file' }] });
    expect(told).toEqual([
      warning('global'),
      warning('api.debug'),
      warning('serversTransport.spiffe'),
      warning('entryPoints.web.http3'),
      warning('providers.docker'),
      warning('providers.file.debugLogGeneratedTemplate'),
      warning('certificatesResolvers'),
      warning('experimental'),
      warning('tls'),
      warning('http'),
      'warning api: api requires an entry point named admin or traefik',
      expect.stringMatching(/^warning serversTransport.insecureSkipVerify: .*accepts every certificate/),
    ]);
  });

  it('may have a UDP entry point, which is not opened', () => {
    const { config, told } = parse('entryPoints: { web: { address: ":80" }, dns: { address: ":53/udp" } }');
    expect([...config!.entryPoints.keys()]).toEqual(['web']);
    expect(told).toEqual([
      'warning entryPoints.dns.address: the entry point dns is not opened: UDP is not served',
    ]);
  });

  it.each([
    ['admin', 'entryPoints: { admin: { address: ":1" }, traefik: { address: ":2" } }', 'ping: {}'],
    ['traefik', 'entryPoints: { web: { address: ":1" }, traefik: { address: ":2" } }', 'ping: true'],
    ['web', 'entryPoints: { web: { address: ":1" }, admin: { address: ":2" } }', 'ping: { entryPoint: web }'],
  ])('responds to health checks on %s', (entryPoint, entryPoints, ping) => {
    const { config, told } = parse(`${entryPoints}\n${ping}\nmetrics: { prometheus: true }`);
    expect(told).toEqual([]);
    expect(config!.ping).toEqual({ entryPoint, terminatingStatus: 503 });
  });

  it.each([
    ['metrics.prometheus', 'metrics: { prometheus: {} }'],
    ['ping', 'ping: {}'],
  ])('gets a warning about %s without an entry point that serves it', (path, option) => {
    const { config, told } = parse(`entryPoints: { web: { address: ":80" } }\n${option}`);
    expect(told).toEqual([`warning ${path}: ${path} requires an entry point named admin or traefik`]);
    expect(config).toBeDefined();
  });

  it('gets an error that names the missing entry point of metrics', () => {
    expect(
      parse('entryPoints: { web: { address: ":1" } }\nmetrics: { prometheus: { entryPoint: wep } }').told,
    ).toEqual(['error metrics.prometheus.entryPoint: there is no entry point wep: did you mean web?']);
  });

  it('gets an error that names the missing entry point of a redirection', () => {
    expect(
      parse(
        'entryPoints: { web: { address: ":80", http: { redirections: { entryPoint: { to: websecur } } } }, websecure: { address: ":443" } }',
      ).told,
    ).toEqual([
      'error entryPoints.web.http.redirections.entryPoint.to: there is no entry point websecur: did you mean websecure?',
    ]);
  });

  it('may redirect to a port, leaving ACME challenges to routes', () => {
    const { config } = parse(`entryPoints:
  web:
    address: ":80"
    allowACMEByPass: true
    http: { redirections: { entryPoint: { to: ":8443", permanent: false, priority: 10 } } }`);
    expect(config!.entryPoints.get('web')!.redirection).toEqual({
      to: ':8443',
      scheme: 'https',
      port: '8443',
      permanent: false,
      priority: 10,
      exceptAcme: true,
    });
  });

  it('has filters, fields and a buffer of the access log', () => {
    const { config, told } = parse(`
accessLog:
  filePath: log/access.log
  format: genericCLF
  bufferingSize: "100"
  addInternals: true
  filters: { statusCodes: [200, "400-599"], retryAttempts: true, minDuration: 10ms }
  fields:
    defaultMode: Drop
    names: { clientUsername: keep, StartUTC: drop }
    headers: { defaultMode: drop, names: { User-Agent: keep, authorization: redact } }
    queryParameters: { defaultMode: drop }
`);
    expect(told).toEqual([]);
    expect(config!.accessLog).toEqual({
      format: 'genericCLF',
      filePath: '/etc/traefik/log/access.log',
      bufferingSize: 100,
      addInternals: true,
      writesLines: true,
      filters: {
        statuses: [
          { from: 200, to: 200 },
          { from: 400, to: 599 },
        ],
        retried: true,
        longerThanMs: 10,
      },
      fields: {
        keepsOthers: false,
        names: new Map([
          ['clientusername', true],
          ['startutc', false],
        ]),
        headers: {
          others: 'drop',
          names: new Map([
            ['user-agent', 'keep'],
            ['authorization', 'redact'],
          ]),
        },
        keepsQuery: false,
      },
    });
  });

  it('may switch options on with true, and off with false', () => {
    expect(parse('accessLog: true').config!.accessLog).toMatchObject({ format: 'common' });
    expect(parse('accessLog: false').config!.accessLog).toBeUndefined();
    expect(parse('metrics: { prometheus: true }').config!.metrics).toMatchObject({ byEntryPoint: true });
  });

  it('may have a log in a file, with its rotation', () => {
    const { config, told } = parse(
      'log: { level: TRACE, filePath: traefik.log, format: json, maxSize: 5, maxBackups: 3, maxAge: 2, compress: false, noColor: true }',
    );
    expect(told).toEqual([warning('log.noColor')]);
    expect(config!.log).toEqual({
      level: 'debug',
      format: 'json',
      file: {
        path: '/etc/traefik/traefik.log',
        maxBytes: 5 * 1024 * 1024,
        maxBackups: 3,
        maxAgeMs: 2 * 86_400_000,
        compress: false,
      },
    });
    expect(parse('log: { filePath: a.log, maxSize: 0 }').config!.log.file).toMatchObject({
      maxBytes: 100 * 1024 * 1024,
      compress: true,
    });
  });

  it('may have limits of connections, and buckets in a text', () => {
    const { config, told } = parse(`entryPoints:
  admin:
    address: ":80"
    transport: { keepAliveMaxRequests: 42, keepAliveMaxTime: 42s, lifeCycle: { requestAcceptGraceTimeout: 5s } }
metrics: { prometheus: { buckets: "0.1,0.3,1.2,5.0" } }`);
    expect(told).toEqual([]);
    expect(config!.entryPoints.get('admin')!.transport).toMatchObject({
      maxRequests: 42,
      maxAgeMs: 42_000,
      acceptGraceTimeoutMs: 5000,
    });
    expect(config!.metrics!.buckets).toEqual([0.1, 0.3, 1.2, 5]);
  });

  it('may be TOML, with leftovers of Traefik 1', () => {
    const { config, told } = parse(
      `defaultEntryPoints = ["web", "web-secure"]
[log]
  level = "DEBUG"
[api]
  dashboard = true
[providers.docker]
  network = "web"
[entryPoints]
  [entryPoints.web]
    address = ":80"
    [entryPoints.web.proxyProtocol]
      trustedIPs = ["192.168.50.1/32", "127.0.0.1/32"]
    [entryPoints.web.forwardedHeaders]
      trustedIPs = ["192.168.50.1/32"]
[entryPoints.traefik]
  address = ":8080"
[certificatesResolvers.le.acme]
  storage = "/etc/traefik/acme.json"
  [certificatesResolvers.le.acme.httpChallenge]
    entryPoint = "web"
`,
      'traefik.toml',
    );
    expect(told).toEqual([
      warning('defaultEntryPoints'),
      warning('providers.docker'),
      warning('certificatesResolvers'),
      expect.stringMatching(/^warning api: the API is not served, because other machines reach .* traefik/),
    ]);
    expect(config!.entryPoints.get('web')!.proxyProtocol!.trustedIPs).toEqual([
      '192.168.50.1/32',
      '127.0.0.1/32',
    ]);
  });

  it('ignores options of Traefik 1 and unknown names at the top, as Traefik does, with a warning for each', () => {
    const { config, told } = parse(
      `
insecureSkipVerify = true
defaultEntryPoints = ["web"]
[docker]
  watch = true
[acme]
  email = "a@b.example"
[labels]
  team = "edge"
[entryPoints.web]
  address = ":80"
`,
      'traefik.toml',
    );
    expect(told).toEqual([
      expect.stringMatching(/^warning insecureSkipVerify: .* it belongs to Traefik 1$/),
      warning('defaultEntryPoints'),
      expect.stringMatching(/^warning docker: .* it belongs to Traefik 1$/),
      expect.stringMatching(/^warning acme: .* it belongs to Traefik 1$/),
      'warning labels: labels is ignored: there is no such option',
    ]);
    expect(config?.entryPoints.has('web')).toBe(true);
  });

  it.each([
    ['pilot: { token: abc }', 'error pilot: pilot is not supported: Traefik 3 refuses it, too; remove it'],
    [
      'certificateResolvers: {}',
      'error certificateResolvers: unknown option certificateResolvers: did you mean certificatesResolvers?',
    ],
    [
      'entrypoint: { web: { address: ":80" } }',
      'error entrypoint: unknown option entrypoint: did you mean entryPoints?',
    ],
    ['providers: { dockre: {} }', 'error providers.dockre: unknown option dockre: did you mean docker?'],
    [
      'entryPoints: { web: { address: ":80", http: { redirection: {} } } }',
      'error entryPoints.web.http.redirection: unknown option redirection: did you mean redirections?',
    ],
    [
      'serverTransport: {}',
      'error serverTransport: unknown option serverTransport: did you mean serversTransport?',
    ],
    [
      'accessLog: { filters: { statusCodes: [2xx] } }',
      'error accessLog.filters.statusCodes[0]: expected a status such as 404 or a range such as 400-499',
    ],
  ])('has an error for %s', (text, told) => {
    expect(parse(text)).toEqual({ config: undefined, told: [told] });
  });
});
