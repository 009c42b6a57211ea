// API servers for gateways in a benchmark: that of the tests, or a real one with its etcd.
import { readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { register } from 'node:module';
import { dirname, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { root } from './gateway.mjs';

register('../http/typescript-hooks.mjs', import.meta.url);

/** In this process: on a real socket, with TLS. */
export async function openFakeServer() {
  const { startApiServer } =
    await import('../../packages/gateway/src/providers/kubernetes/api-server.testkit.ts');
  const { url, caFile, tokenFile, apply, close } = await startApiServer();
  return { url, caFile, tokenFile, apply: async (manifest) => apply(manifest), close };
}

/** With the definitions and the role of `deploy/kubernetes`. @param assets a folder for KUBEBUILDER_ASSETS */
export async function openRealServer(assets) {
  const { startCluster } = await import('../../test/kubernetes/cluster.testkit.ts');
  const cluster = await startCluster(assets);
  cluster.kubectl(['apply', '-k', `${root}deploy/kubernetes`]);
  cluster.kubectl(['wait', '--for=condition=Established', 'crd', '--all']);
  cluster.kubectl(['create', 'namespace', 'apps']);
  cluster.kubectl(['create', 'clusterrolebinding', 'gateway', '--clusterrole=grantgate', '--user=gateway']);
  const tokenFile = join(dirname(cluster.caFile), 'gateway-token');
  writeFileSync(tokenFile, cluster.tokens.gateway);
  const agent = new Agent({ keepAlive: true, maxSockets: 8, ca: readFileSync(cluster.caFile) });
  const headers = {
    Authorization: `Bearer ${cluster.tokens.admin}`,
    'Content-Type': 'application/apply-patch+yaml',
  };
  const put = (object) =>
    new Promise((resolve, reject) => {
      const path = `${toPath(object)}?fieldManager=bench&force=true`;
      const outgoing = request(
        new URL(path, cluster.url),
        { method: 'PATCH', agent, headers },
        (response) => {
          if (response.statusCode >= 300) reject(new Error(`${path}: ${response.statusCode}`));
          response.resume().on('end', resolve);
        },
      );
      outgoing.on('error', reject).end(JSON.stringify(object));
    });
  return {
    url: cluster.url,
    caFile: cluster.caFile,
    tokenFile,
    async apply(manifest) {
      await Promise.all(parseAllDocuments(manifest).map((document) => put(document.toJS())));
    },
    async close() {
      agent.destroy();
      await cluster.close();
    },
  };
}

function toPath({ apiVersion, kind, metadata: { namespace, name } }) {
  const base = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  return `${base}/namespaces/${namespace}/${kind.toLowerCase()}s/${name}`;
}
