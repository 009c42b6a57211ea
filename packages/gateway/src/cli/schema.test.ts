import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { runCommand } from './io.testkit.ts';

/** Validates YAML text with the schema that the command prints, in ajv's strict mode. */
async function validate(name: string, yaml: string): Promise<readonly string[]> {
  const { code, stdout } = await runCommand(['schema', name]);
  expect(code).toBe(0);
  // ajv checks the format `uri` only with a separate package.
  const formats = { uri: (text: string) => URL.canParse(text) };
  const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true, formats });
  const check = ajv.compile(JSON.parse(stdout) as object);
  check(parse(yaml));
  return (check.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`);
}

const install = `
entryPoints:
  web: { address: "127.0.0.1:8000" }
  websecure:
    address: ":8443"
    tls: { certificates: [{ certFile: a.pem, keyFile: a.key }] }
    transport: { respondingTimeouts: { readTimeout: 30, idleTimeout: 1m30s } }
  admin: { address: "127.0.0.1:8080" }
providers:
  file: { directory: ./routes, watch: true }
accessLog: { format: json, filePath: access.log }
log: { level: info, format: json }
ping: {}
`;
const routes = `
http:
  routers:
    api: { rule: "Host(\`api.example.com\`)", service: api, middlewares: [creds], tls: {} }
  services:
    api: { loadBalancer: { servers: [{ url: "http://10.0.0.1:8080", weight: 2 }] } }
    both: { weighted: { services: [{ name: api, weight: 3 }] } }
  middlewares:
    creds:
      plugin:
        oAuthClientCredentials: { url: "https://a.example.com/token", claims: "Equals(\`grp\`, \`admin\`)" }
    all: { chain: { middlewares: [creds] } }
`;
const middleware = `
url: https://tenant.auth0.com/oauth/token
clientID: urn:k8s:my-secret:my-secret:clientID
clientSecret: urn:k8s:my-secret:my-secret:clientSecret
audience: https://api.example.com
forwardHeaders: { Group: grp, Expires-At: exp }
claims: Equals(\`grp\`, \`admin\`)
clientConfig: { timeoutSeconds: 2.5, maxRetries: 0, tls: { insecureSkipVerify: true } }
`;

describe('grantgate schema', () => {
  it.each([
    ['install', install],
    ['routes', routes],
    ['middleware', middleware],
    ['install', '{}'],
    ['routes', 'http: {}'],
    ['middleware', 'url: https://a.example.com'],
  ])('accepts a valid %s configuration', async (name, yaml) => {
    expect(await validate(name, yaml)).toEqual([]);
  });

  it.each([
    ['install', 'entryPoints: { web: { adress: ":80" } }', '/entryPoints/web must NOT have additional'],
    ['install', 'entryPoints: { web: { adress: ":80" } }', "/entryPoints/web must have required property 'address'"],
    ['install', 'accessLog: { format: xml }', '/accessLog/format must be equal to one of'],
    ['install', 'entryPoints: { web: { address: ":80", http: { maxHeaderBytes: 0 } } }', '/entryPoints/web/http/maxHeaderBytes must be >= 1'],
    ['routes', 'http: { routers: { a: { service: b } } }', "/http/routers/a must have required property 'rule'"],
    ['routes', 'http: { services: { a: { loadBalancer: { servers: [{}] } } } }', "/http/services/a/loadBalancer/servers/0 must have required property 'url'"],
    ['routes', 'http: { middlewares: { a: { plugin: { oAuthClientCredentials: {} } } } }', "/http/middlewares/a/plugin/oAuthClientCredentials must have required property 'url'"],
    ['routes', 'http: { middlewares: { a: { plugin: { other: {} } } } }', '/http/middlewares/a/plugin must NOT have additional'],
    ['middleware', 'clientID: x', "must have required property 'url'"],
    ['middleware', '{ url: x, clientID: "" }', '/clientID must NOT have fewer than 1 characters'],
    ['middleware', '{ url: x, clientID: 5 }', '/clientID must be string'],
    ['middleware', '{ url: x, clientConfig: { timeoutSeconds: 0 } }', '/clientConfig/timeoutSeconds must be > 0'],
    ['middleware', '{ url: x, clientConfig: { maxRetries: 1.5 } }', '/clientConfig/maxRetries must be integer'],
  ])('rejects an invalid %s configuration: %s', async (name, yaml, message) => {
    expect((await validate(name, yaml)).join('\n')).toContain(message);
  }); // prettier-ignore

  it('prints the schema of the install configuration when none is named', async () => {
    const { stdout } = await runCommand(['schema']);
    expect(JSON.parse(stdout)).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'grantgate.yaml',
    });
  });
});
