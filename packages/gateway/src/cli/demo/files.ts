import type { DemoClient } from '@grantgate/demo/authorization-server';

/** Clients that the demo's authorization server knows. */
export const demoClients: readonly DemoClient[] = [
  { clientId: 'orders', clientSecret: 'orders-secret', claims: { grp: 'admin', team: { name: 'Orders' } } },
  {
    clientId: 'visitor',
    clientSecret: 'visitor-secret',
    claims: { grp: 'guest', team: { name: 'Visitors' } },
  },
  { clientId: 'my-oauth-client-name', clientSecret: 'mypasswd', claims: { grp: 'admin' } },
];

export interface DemoPlaces {
  readonly gatewayPort: number;
  readonly adminPort: number;
  readonly echoPort: number;
  readonly tokenEndpoint: string;
}

/** The demo's configuration, by file name. */
export function createDemoFiles(places: DemoPlaces): Readonly<Record<string, string>> {
  return {
    'grantgate.yaml': installFile(places),
    'routes/application-level.yaml': applicationLevelFile(places),
    'routes/gateway-level.yaml': gatewayLevelFile(places),
  };
}

const installFile = ({ gatewayPort, adminPort }: DemoPlaces): string => `entryPoints:
  web:
    address: "127.0.0.1:${gatewayPort}"
  admin:
    address: "127.0.0.1:${adminPort}"
api: {}
providers:
  file:
    directory: routes
    watch: true
accessLog:
  format: json
  filePath: access.log
`;

const applicationLevelFile = ({
  echoPort,
  tokenEndpoint,
}: DemoPlaces): string => `# Application level: each caller brings its own client ID and secret.
# The format is Traefik's dynamic configuration.
http:
  routers:
    app:
      rule: PathPrefix(\`/app\`)
      middlewares: [callers]
      service: echo
  middlewares:
    callers:
      plugin:
        oAuthClientCredentials:
          url: ${tokenEndpoint}
          claims: Equals(\`grp\`, \`admin\`)
          forwardHeaders:
            Group: grp
            Team: team.name
          usernameClaim: team.name
  services:
    echo:
      loadBalancer:
        servers:
          - url: http://127.0.0.1:${echoPort}
`;

const gatewayLevelFile = ({
  echoPort,
  tokenEndpoint,
}: DemoPlaces): string => `# Gateway level: the gateway holds the client ID and secret, the caller needs none.
# The format is that of Kubernetes manifests.
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata:
  name: gateway-level
spec:
  entryPoints: [web]
  routes:
    - kind: Rule
      match: PathPrefix(\`/gateway\`)
      middlewares:
        - name: test-client-creds
      services:
        - name: echo
          port: ${echoPort}
---
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata:
  name: test-client-creds
spec:
  plugin:
    oAuthClientCredentials:
      url: ${tokenEndpoint}
      clientID: urn:k8s:secret:my-secret:clientID
      clientSecret: urn:k8s:secret:my-secret:clientSecret
      audience: https://api.example.com
      forwardHeaders:
        Group: grp
        Expires-At: exp
      claims: Equals(\`grp\`, \`admin\`)
---
apiVersion: v1
kind: Secret
type: Opaque
metadata:
  name: my-secret
stringData:
  clientID: my-oauth-client-name
  clientSecret: mypasswd
---
apiVersion: v1
kind: Service
metadata:
  name: echo
spec:
  type: ExternalName
  externalName: 127.0.0.1
`;
