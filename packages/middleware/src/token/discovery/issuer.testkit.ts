import type { ServerResponse } from 'node:http';
import type { ReceivedRequest, ScriptedServer } from '../../../../testkit/src/scripted-server.ts';
import { json, startScriptedServer } from '../../../../testkit/src/scripted-server.ts';

type MetadataResponder = (response: ServerResponse, request: ReceivedRequest) => void;

/** An issuer whose paths a test controls; every other path responds with 404. */
export interface TestIssuer extends Omit<ScriptedServer, 'url'> {
  readonly origin: string;
  /** `http://127.0.0.1:PORT/tenant` */
  readonly issuer: string;
  /** URL of the metadata by RFC 8414: the path of the issuer comes last. */
  readonly oauthPath: string;
  /** URL of the metadata by OpenID Connect: the path of the issuer comes first. */
  readonly openidPath: string;
  on(path: string, answer: MetadataResponder): void;
  /** Valid metadata, with changes. */
  metadata(more?: Readonly<Record<string, unknown>>): Record<string, unknown>;
  /** Publishes metadata at the URL of RFC 8414, and a token endpoint at `/token`. */
  publish(more?: Readonly<Record<string, unknown>>, headers?: Record<string, string>): void;
  /** Paths of the requests so far. */
  paths(): readonly (string | undefined)[];
}

export async function startIssuer(path = '/tenant'): Promise<TestIssuer> {
  const answers = new Map<string, MetadataResponder>();
  const server = await startScriptedServer((response, request) => {
    const answer = answers.get(request.url ?? '');
    if (answer === undefined) response.writeHead(404).end('not found');
    else answer(response, request);
  });
  const { origin } = new URL(server.url);
  const issuer = `${origin}${path}`;
  const oauthPath = `/.well-known/oauth-authorization-server${path === '/' ? '' : path}`;
  let issued = 0;
  const testIssuer: TestIssuer = {
    requests: server.requests,
    received: (count) => server.received(count),
    close: () => server.close(),
    origin,
    issuer,
    oauthPath,
    openidPath: `${path === '/' ? '' : path}/.well-known/openid-configuration`,
    on: (at, answer) => void answers.set(at, answer),
    metadata: (more = {}) => ({ issuer, token_endpoint: `${origin}/token`, ...more }),
    publish(more = {}, headers = {}) {
      const document = testIssuer.metadata(more);
      answers.set(oauthPath, (response) => json(response, 200, document, headers));
      answers.set('/token', (response) => {
        issued += 1;
        json(response, 200, { access_token: `t${issued}`, token_type: 'Bearer', expires_in: 3600 });
      });
    },
    paths: () => server.requests.map(({ url }) => url),
  };
  return testIssuer;
}
