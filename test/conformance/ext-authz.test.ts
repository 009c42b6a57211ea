import { startCheckGateway } from './checks.testkit.ts';
import type { CallerRequest } from './case.ts';
import type { Integration } from './integration.ts';
import { createExtAuthzClient } from './ext-authz-client.testkit.ts';
import { runCases } from './run-cases.testkit.ts';

/** Headers as Envoy sends them, joined or separate; `_` in a name is from the caller. */
function toHeaders({ headers = [] }: CallerRequest, raw: boolean): object {
  const pairs = headers.flatMap((name, at) =>
    at % 2 === 0 ? [[name.toLowerCase(), headers[at + 1] ?? ''] as const] : [],
  );
  if (raw)
    return {
      header_map: {
        headers: pairs.map(([key, value]) => ({ key, raw_value: Buffer.from(value, 'latin1') })),
      },
    };
  const joined: Record<string, string> = {};
  for (const [key, value] of pairs)
    joined[key] = joined[key] === undefined ? value : `${joined[key]},${value}`;
  return { headers: joined };
}

/** Envoy's handling of a response: headers of the response replace the caller's, then the listed headers are removed. */
const extAuthzDoor = (raw: boolean): Integration => ({
  name: `ext_authz over gRPC, ${raw ? 'raw headers' : 'headers'}`,
  async start(middlewares) {
    const gateway = await startCheckGateway(middlewares);
    const client = createExtAuthzClient(gateway.urlOf('extAuthz').replace('http://', ''));
    return {
      async request(middleware, request) {
        const { method = 'GET', path = '/', body, headers = [] } = request;
        const http = {
          method,
          path,
          host: 'api.example.com',
          scheme: 'http',
          protocol: 'HTTP/1.1',
          ...toHeaders(request, raw),
        };
        const answer = await client.check({
          attributes: {
            request: { http },
            context_extensions: { middleware },
            source: { address: { socket_address: { address: '192.0.2.7', port_value: 4711 } } },
          },
        });
        const { ok_response: ok, denied_response: denied } = answer;
        if (denied !== undefined && answer.http_response === 'denied_response')
          return {
            status: denied.status.code,
            headers: Object.fromEntries(denied.headers.map(({ header }) => [header.key, header.value])),
            body: denied.body,
            seen: undefined,
          };
        if (answer.status?.code !== 0 || ok === undefined) throw new Error('neither OK nor denied');
        const set = ok.headers.flatMap(({ header: { key, value } }) => [
          key,
          Buffer.from(value).toString('latin1'),
        ]);
        const gone = new Set([...set.filter((_, at) => at % 2 === 0), ...ok.headers_to_remove]);
        const kept = headers.filter((_, at) => !gone.has((headers[at - (at % 2)] ?? '').toLowerCase()));
        return {
          status: 200,
          headers: {},
          body: '',
          seen: {
            method,
            body: body ?? '',
            rawHeaders: [...kept, ...set],
            username: answer.dynamic_metadata?.fields['username']?.stringValue,
          },
        };
      },
      async close() {
        client.close();
        await gateway.close();
      },
    };
  },
});

runCases(extAuthzDoor(false));
runCases(extAuthzDoor(true));
