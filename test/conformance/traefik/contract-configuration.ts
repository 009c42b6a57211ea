// The only configuration of the contract suite, for the real Traefik and for the stand-in.

const closedEncodings = {
  allowEncodedSlash: false,
  allowEncodedBackSlash: false,
  allowEncodedNullCharacter: false,
};

/** Options of each entry point. */
export const entryPoints: Readonly<Record<string, object>> = {
  plain: {},
  underscores: { http: { underscoreHeadersStrategy: 'delete' } },
  aliases: { http: { aliasHeadersStrategy: 'delete' } },
  rejecting: { http: { underscoreHeadersStrategy: 'reject' } },
  'rejecting-aliases': { http: { aliasHeadersStrategy: 'reject' } },
  encoded: { http: { encodedCharacters: closedEncodings } },
  semicolons: { http: { encodeQuerySemicolons: true } },
  trusting: { forwardedHeaders: { trustedIPs: ['127.0.0.1'] } },
};

const taken = { authResponseHeaders: ['Authorization', 'X-User', 'x-group'] };
const untrusting = { ...taken, trustForwardHeader: false };

/** Options of ForwardAuth, except `address`. */
export const checks: Readonly<Record<string, object>> = {
  plain: untrusting,
  unset: taken,
  trusting: { ...taken, trustForwardHeader: true },
  listed: { ...untrusting, authRequestHeaders: ['Authorization', 'x-trace'] },
  'listed-trusting': { ...taken, trustForwardHeader: true, authRequestHeaders: ['Authorization'] },
  regex: { ...untrusting, authResponseHeadersRegex: '[^A-Za-z0-9-]' },
  small: { ...untrusting, maxResponseBodySize: 8 },
  method: { ...untrusting, preserveRequestMethod: true },
  body: { ...untrusting, forwardBody: true },
  'short-body': { ...untrusting, forwardBody: true, maxBodySize: 4 },
  location: { ...untrusting, preserveLocationHeader: true },
  down: untrusting,
  frozen: untrusting,
};

export interface ContractPorts {
  readonly entryPoints: Readonly<Record<string, number>>;
  readonly check: number;
  readonly closed: number;
  readonly frozen: number;
  readonly service: number;
}

/** Files of the folder in which Traefik starts; `traefik.yaml` is the first. */
export function writeConfiguration(ports: ContractPorts): Readonly<Record<string, string>> {
  const addressOf = (name: string): string => {
    const port = name === 'down' ? ports.closed : name === 'frozen' ? ports.frozen : ports.check;
    return `http://127.0.0.1:${port}/check/${name}?from=traefik`;
  };
  const serve = (port: number) => ({ loadBalancer: { servers: [{ url: `http://127.0.0.1:${port}` }] } });
  const names = Object.keys(checks);
  const install = {
    global: { checkNewVersion: false, sendAnonymousUsage: false },
    entryPoints: Object.fromEntries(
      Object.entries(entryPoints).map(([name, options]) => [
        name,
        { address: `127.0.0.1:${ports.entryPoints[name]}`, ...options },
      ]),
    ),
    providers: { file: { filename: 'dynamic.yaml' } },
  };
  const router = (name: string, service = 'service') => ({
    rule: `PathPrefix(\`/${name}/\`)`,
    middlewares: [name],
    service,
  });
  const http = {
    routers: {
      ...Object.fromEntries(names.map((name) => [name, router(name)])),
      gone: { ...router('gone', 'gone'), middlewares: ['plain'] },
    },
    middlewares: Object.fromEntries(
      names.map((name) => [name, { forwardAuth: { address: addressOf(name), ...checks[name] } }]),
    ),
    services: { service: serve(ports.service), gone: serve(ports.closed) },
  };
  // JSON is valid YAML.
  return { 'traefik.yaml': JSON.stringify(install), 'dynamic.yaml': JSON.stringify({ http }) };
}
