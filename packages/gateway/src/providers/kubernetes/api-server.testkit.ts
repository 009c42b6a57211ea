import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestAuthority } from '../../../../middleware/src/token/certificates.testkit.ts';
import { parseAllDocuments } from 'yaml';
import { inspectedResources } from './inspect.ts';
import { resources } from './resources.ts';

export interface TestObject {
  apiVersion?: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    uid?: string;
    resourceVersion?: string;
  };
  [field: string]: unknown;
}

export interface TestRequest {
  readonly method: string;
  /** `get`, `list`, `watch`, `create` or `patch`. */
  readonly verb: string;
  readonly resource: string;
  readonly group: string;
  readonly namespace: string | undefined;
  readonly query: Readonly<Record<string, string>>;
  /** Of the answer. */
  readonly status: number;
}

/** A Kubernetes API server on a real socket with TLS, with what a client of list and watch has to live with. */
export interface TestApiServer {
  readonly url: string;
  /** Files for a client: its authority, its token, a kubeconfig. */
  readonly caFile: string;
  readonly tokenFile: string;
  readonly kubeconfig: string;
  readonly folder: string;
  /** The token in those files. */
  readonly token: string;
  readonly requests: readonly TestRequest[];
  readonly watches: readonly {
    readonly resource: string;
    readonly namespace: string | undefined;
    readonly query: Readonly<Record<string, string>>;
  }[];
  readonly events: readonly TestObject[];
  /** Creates or changes the objects of a manifest in YAML; in `default` those without a namespace. */
  apply(manifest: string): void;
  /** `Middleware`, `apps/auth` */
  remove(kind: string, name: string): void;
  /** Sends a bookmark on every watch. */
  bookmark(): void;
  /** Forgets the history: watches and pages from before it are told 410. */
  compact(): void;
  /** Every page but the first of a list is told 410 from now on. */
  expirePages(): void;
  /** The next watches from before are refused with the status 410 in place of an event. */
  refuseExpired(): void;
  /** Ends every watch as its `timeoutSeconds` would. */
  endWatches(): void;
  /** Breaks every connection, a watch in the middle of a line. */
  disconnect(): void;
  /** Takes no connections until `start` is called. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Every token but this one is refused from now on; files of clients keep the old one. */
  acceptOnly(token: string): void;
  /** `secrets`, `secrets/watch`, or `secrets/all`, which leaves those that are named by a field selector. */
  forbid(what: string): void;
  permit(what: string): void;
  /** Drops fields of these names from objects that are applied from now on, as a definition does that does not declare them. */
  prune(...names: readonly string[]): void;
  /** Rejects new objects in a namespace, as while it is deleted. */
  terminate(namespace: string): void;
  uninstall(resource: string): void;
  install(resource: string): void;
  /** Answers the next requests for a resource with this status, after which everything is as before. */
  failNext(resource: string, status: number, headers?: Readonly<Record<string, string>>): void;
  /** Takes requests for a resource and does not answer until the returned function is called. */
  hold(resource: string): () => void;
  /** Writes in pieces of so many bytes, each on its own. */
  setPieceBytes(bytes: number): void;
  /** Sends a text on every watch of a resource, as it is. */
  inject(resource: string, text: string): void;
  close(): Promise<void>;
}

interface Change {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: TestObject;
  /** Before the change. */
  readonly before: TestObject | undefined;
}

interface Watch {
  readonly resource: string;
  readonly query: Readonly<Record<string, string>>;
  readonly namespace: string | undefined;
  readonly response: ServerResponse;
  readonly listener: (change: Change) => void;
}

const known = [...Object.values(resources), ...Object.values(inspectedResources)];
/** Their objects belong to no namespace. */
const clusterWide: ReadonlySet<string> = new Set(['namespaces', 'customresourcedefinitions']);
const toPlural = (kind: string): string => known.find((resource) => resource.kind === kind)?.resource ?? kind;

function withoutNames(value: unknown, names: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutNames(item, names));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, item]) =>
      names.has(name) ? [] : [[name, withoutNames(item, names)]],
    ),
  );
}

export async function startApiServer(): Promise<TestApiServer> {
  const authority = createTestAuthority('Test cluster');
  const { cert, key } = authority.issue('kube-apiserver', ['127.0.0.1', 'localhost']);
  const folder = await mkdtemp(join(tmpdir(), 'grantgate-api-'));
  const objects = new Map<string, Map<string, TestObject>>(
    known.map(({ resource }) => [resource, new Map()]),
  );
  const history = new Map<string, Change[]>(known.map(({ resource }) => [resource, []]));
  const requests: TestRequest[] = [];
  const watches = new Set<Watch>();
  const sockets = new Set<Socket>();
  const forbidden = new Set<string>();
  const terminating = new Set<string>();
  const pruned = new Set<string>();
  const uninstalled = new Set<string>();
  const failing = new Map<string, { status: number; headers: Readonly<Record<string, string>> }>();
  const held = new Map<string, Promise<void>>();
  let pagesExpire = false;
  const snapshots = new Map<string, { version: number; items: readonly TestObject[] }>();
  let version = 1000;
  let compacted = 0;
  let refuseExpired = false;
  let accepted = 'token-1';
  let pieceBytes = 0;
  let port = 0;

  const write = (response: ServerResponse, text: string): void => {
    const bytes = Buffer.from(text);
    if (pieceBytes === 0) response.write(bytes);
    else
      for (let at = 0; at < bytes.length; at += pieceBytes)
        response.write(bytes.subarray(at, at + pieceBytes));
  };
  const answer = (response: ServerResponse, status: number, body: unknown, headers = {}): void => {
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    write(response, JSON.stringify(body));
    response.end();
  };
  const toStatus = (code: number, message: string) => ({
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    message,
    code,
  });

  const record = (resource: string, type: Change['type'], object: TestObject, before?: TestObject): void => {
    version += 1;
    object.metadata.resourceVersion = String(version);
    const change: Change = { version, type, object: structuredClone(object), before };
    history.get(resource)!.push(change);
    for (const watch of watches) if (watch.resource === resource) watch.listener(change);
  };

  const put = (object: TestObject): void => {
    const resource = toPlural(object.kind);
    object.metadata.namespace ??= 'default';
    const key = `${object.metadata.namespace}/${object.metadata.name}`;
    const all = objects.get(resource);
    if (all === undefined) throw new Error(`no resource for ${object.kind}`);
    const before = all.get(key);
    object.metadata.uid = before?.metadata.uid ?? `uid-${object.kind}-${key}-${version}`;
    if (object.kind === 'Secret' && object['stringData'] !== undefined) {
      // As the API server: what is written in plain text is kept in Base64.
      const plain = Object.entries(object['stringData'] as Record<string, string>);
      const encoded = plain.map(([name, text]) => [name, Buffer.from(text).toString('base64')]);
      object['data'] = { ...(object['data'] as object | undefined), ...Object.fromEntries(encoded) };
      delete object['stringData'];
    }
    object.metadata.annotations = {
      'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(object),
      ...object.metadata.annotations,
    };
    if (pruned.size > 0) object['spec'] = withoutNames(object['spec'], pruned);
    (object.metadata as Record<string, unknown>)['managedFields'] ??= [
      { manager: 'kubectl', operation: 'Apply' },
    ];
    all.set(key, object);
    record(resource, before === undefined ? 'ADDED' : 'MODIFIED', object, before);
  };

  const isSelected = (
    object: TestObject,
    namespace: string | undefined,
    query: Readonly<Record<string, string>>,
  ): boolean => {
    if (namespace !== undefined && object.metadata.namespace !== namespace) return false;
    const [field, value] = (query['fieldSelector'] ?? '').split('=');
    if (field === 'metadata.name' && object.metadata.name !== value) return false;
    return (query['labelSelector'] ?? '')
      .split(',')
      .filter((part) => part !== '')
      .every((part) => {
        const [name = '', wanted] = part.split('=');
        return object.metadata.labels?.[name] === wanted;
      });
  };

  const list = (
    response: ServerResponse,
    kind: string,
    resource: string,
    namespace: string | undefined,
    query: Readonly<Record<string, string>>,
  ): number => {
    const [token = '', from = '0'] = (query['continue'] ?? '').split('.');
    const snapshot = token === '' ? undefined : snapshots.get(token);
    if (token !== '' && (pagesExpire || snapshot === undefined || snapshot.version < compacted)) {
      answer(response, 410, toStatus(410, 'The provided continue parameter is too old'));
      return 410;
    }
    const all = snapshot ?? {
      version,
      items: [...objects.get(resource)!.values()]
        .filter((object) => isSelected(object, namespace, query))
        .map((item) => structuredClone(item)),
    };
    const limit = Number(query['limit'] ?? 0);
    const start = Number(from);
    const end = limit === 0 ? all.items.length : start + limit;
    const more = end < all.items.length;
    const id = token === '' ? `page${snapshots.size}` : token;
    if (more) snapshots.set(id, all);
    const metadata = { resourceVersion: String(all.version), ...(more && { continue: `${id}.${end}` }) };
    // As the API server: items of its own kinds do not say what they are.
    const items = all.items
      .slice(start, end)
      .map(({ apiVersion, kind: own, ...rest }) =>
        apiVersion?.startsWith('traefik.io') === true ? { apiVersion, kind: own, ...rest } : rest,
      );
    answer(response, 200, { kind: `${kind}List`, apiVersion: 'v1', metadata, items });
    return 200;
  };

  const watch = (
    response: ServerResponse,
    resource: string,
    namespace: string | undefined,
    query: Readonly<Record<string, string>>,
  ): number => {
    const from = Number(query['resourceVersion'] ?? 0);
    const expired = toStatus(410, `too old resource version: ${from} (${compacted})`);
    if (from < compacted && refuseExpired) {
      answer(response, 410, expired);
      return 410;
    }
    response.writeHead(200, { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' });
    response.flushHeaders();
    const send = (type: string, object: unknown): void =>
      write(response, `${JSON.stringify({ type, object })}\n`);
    if (from < compacted) {
      send('ERROR', expired);
      response.end();
      return 200;
    }
    const listener = ({ type, object, before }: Change): void => {
      const is = isSelected(object, namespace, query);
      const was = before !== undefined && isSelected(before, namespace, query);
      // One that the selector no longer means is gone for this watch.
      if (type === 'DELETED' || !is) {
        if (was) send('DELETED', object);
      } else send(was ? 'MODIFIED' : 'ADDED', object);
    };
    for (const change of history.get(resource)!) if (change.version > from) listener(change);
    const entry: Watch = { resource, query, namespace, response, listener };
    watches.add(entry);
    response.on('close', () => watches.delete(entry));
    return 200;
  };

  const receiveEvent = async (
    request: IncomingMessage,
    response: ServerResponse,
    name: string | undefined,
  ): Promise<number> => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const body = JSON.parse(text) as TestObject & { series?: { count: number; lastObservedTime: string } };
    const refuse = (status: number, message: string): number => {
      answer(response, status, toStatus(status, message));
      return status;
    };
    const all = objects.get('events')!;
    if (name !== undefined) {
      const before = [...all.values()].find(({ metadata }) => metadata.name === name);
      if (before === undefined) return refuse(404, `events "${name}" not found`);
      if ((body.series?.count ?? 0) < 2) return refuse(422, 'series.count: should be at least 2');
      before['series'] = body.series;
      answer(response, 200, before);
      return 200;
    }
    const { regarding, note = '' } = body as TestObject & {
      regarding?: Record<string, string>;
      note?: string;
    };
    const faults = [
      ...(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(body.metadata.name)
        ? []
        : ['metadata.name']),
      ...['eventTime', 'reportingController', 'reportingInstance', 'action', 'reason'].filter(
        (field) => typeof body[field] !== 'string' || body[field] === '',
      ),
      ...(regarding?.['namespace'] === body.metadata.namespace ? [] : ['regarding.namespace']),
      ...(Buffer.byteLength(note) > 1024 ? ['note'] : []),
      ...(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(String(body['eventTime'])) ? [] : ['eventTime']),
    ];
    if (faults.length > 0) return refuse(422, `invalid: ${faults.join(', ')}`);
    if (terminating.has(body.metadata.namespace ?? ''))
      return refuse(
        403,
        `unable to create new content in namespace ${body.metadata.namespace} because it is being terminated`,
      );
    const key = `${body.metadata.namespace ?? ''}/${body.metadata.name}`;
    if (all.has(key)) return refuse(409, `events "${body.metadata.name}" already exists`);
    all.set(key, body);
    answer(response, 201, body);
    return 201;
  };

  const hasNamespace = (name: string): boolean =>
    [...objects.values()].some((all) =>
      [...all.values()].some(({ metadata }) => metadata.namespace === name),
    );

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'https://localhost');
    const [, group = '', apiVersion = '', namespace, resource = '', name] =
      /^\/(?:api|apis\/([^/]+))\/([^/]+)(?:\/namespaces\/([^/]+)(?=\/))?\/([^/]+)(?:\/([^/]+))?$/.exec(
        url.pathname,
      ) ?? [];
    const query = Object.fromEntries(url.searchParams);
    const method = request.method ?? 'GET';
    const isGet = method === 'GET' && name !== undefined;
    const verb =
      method === 'POST'
        ? 'create'
        : method === 'PATCH'
          ? 'patch'
          : query['watch'] === 'true'
            ? 'watch'
            : isGet
              ? 'get'
              : 'list';
    const place = requests.length;
    const entry = { method, verb, resource, group, namespace, query, status: 0 };
    requests.push(entry);
    const done = (status: number): void => void (requests[place] = { ...entry, status });
    const refuse = (status: number, message: string, headers = {}): void => {
      answer(response, status, toStatus(status, message), headers);
      done(status);
    };
    if (request.headers.authorization !== `Bearer ${accepted}`) {
      refuse(401, 'Unauthorized');
      return;
    }
    await held.get(resource);
    const failure = failing.get(resource);
    if (failure !== undefined) {
      failing.delete(resource);
      refuse(failure.status, 'as the test wants it', failure.headers);
      return;
    }
    const found = known.find(
      (own) => own.resource === resource && own.group === group && own.version === apiVersion,
    );
    if (found === undefined || uninstalled.has(resource)) {
      refuse(404, 'the server could not find the requested resource');
      return;
    }
    const isNamed = query['fieldSelector'] !== undefined;
    if (
      forbidden.has(resource) ||
      forbidden.has(`${resource}/${verb}`) ||
      (!isNamed && forbidden.has(`${resource}/all`))
    ) {
      refuse(403, `${resource} is forbidden: User "test" cannot ${verb} resource "${resource}"`);
      return;
    }
    if (isGet) {
      const scope = clusterWide.has(resource) ? 'default' : (namespace ?? 'default');
      const object =
        resource === 'namespaces' && hasNamespace(name)
          ? { kind: 'Namespace', metadata: { name } }
          : objects.get(resource)!.get(`${scope}/${name}`);
      if (object === undefined) refuse(404, `${resource} "${name}" not found`);
      else {
        answer(response, 200, object);
        done(200);
      }
      return;
    }
    if (verb === 'list') done(list(response, found.kind, resource, namespace, query));
    else if (verb === 'watch') done(watch(response, resource, namespace, query));
    else done(await receiveEvent(request, response, name));
  };

  const server = createServer({ cert, key }, (request, response) => void serve(request, response));
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const start = (): Promise<void> =>
    new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
  const disconnect = (): void => sockets.forEach((socket) => socket.destroy());
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      disconnect();
    });
  await start();
  port = (server.address() as AddressInfo).port;
  const url = `https://127.0.0.1:${port}`;
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const caFile = await file('ca.crt', authority.cert);
  const tokenFile = await file('token', accepted);
  const kubeconfig = await file(
    'kubeconfig',
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'test', cluster: { server: url, 'certificate-authority': 'ca.crt' } }],
      users: [{ name: 'test', user: { token: accepted } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
      'current-context': 'test',
    }),
  );

  return {
    url,
    folder,
    caFile,
    tokenFile,
    kubeconfig,
    token: accepted,
    requests,
    get watches() {
      return [...watches];
    },
    get events() {
      return [...objects.get('events')!.values()];
    },
    apply(manifest) {
      for (const document of parseAllDocuments(manifest)) {
        const object = document.toJS() as TestObject | null;
        if (object !== null) put(object);
      }
    },
    remove(kind, name) {
      const all = objects.get(toPlural(kind))!;
      const object = all.get(name);
      if (object === undefined) throw new Error(`no ${kind} ${name}`);
      all.delete(name);
      record(toPlural(kind), 'DELETED', object, object);
    },
    bookmark() {
      for (const { response, resource } of watches) {
        const kind = known.find((own) => own.resource === resource)?.kind;
        const object = {
          kind,
          apiVersion: 'v1',
          metadata: { resourceVersion: String(version), creationTimestamp: null },
        };
        write(response, `${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
      }
    },
    compact() {
      compacted = version;
      for (const changes of history.values()) changes.length = 0;
    },
    expirePages: () => void (pagesExpire = true),
    refuseExpired: () => void (refuseExpired = true),
    endWatches: () => watches.forEach(({ response }) => response.end()),
    disconnect,
    stop,
    start,
    acceptOnly: (token) => void (accepted = token),
    forbid: (what) => void forbidden.add(what),
    prune: (...names) => names.forEach((name) => pruned.add(name)),
    terminate: (namespace) => void terminating.add(namespace),
    permit: (what) => void forbidden.delete(what),
    uninstall: (resource) => void uninstalled.add(resource),
    install: (resource) => void uninstalled.delete(resource),
    failNext: (resource, status, headers = {}) => void failing.set(resource, { status, headers }),
    hold(resource) {
      let release = (): void => {};
      held.set(resource, new Promise((resolve) => (release = resolve)));
      return () => {
        held.delete(resource);
        release();
      };
    },
    setPieceBytes: (bytes) => void (pieceBytes = bytes),
    inject(resource, text) {
      for (const watched of watches) if (watched.resource === resource) write(watched.response, text);
    },
    async close() {
      if (server.listening) await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
