import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createTestAuthority } from '../../../../testkit/src/certificates.ts';
import { findClosedPort } from '../../../../testkit/src/scripted-server.ts';
import type { TestEvents } from './api-events.testkit.ts';
import { createEvents } from './api-events.testkit.ts';
import type { TestFaults } from './api-faults.testkit.ts';
import { createFaults } from './api-faults.testkit.ts';
import type { TestLists } from './api-lists.testkit.ts';
import { createLists } from './api-lists.testkit.ts';
import type { TestObject, TestObjects } from './api-objects.testkit.ts';
import { createObjects } from './api-objects.testkit.ts';
import type { ReceivedApiRequest } from './api-requests.testkit.ts';
import { parseRequest } from './api-requests.testkit.ts';
import type { ApiReply } from './api-replies.testkit.ts';
import { refuse, refuseInText, toQualified } from './api-replies.testkit.ts';
import type { TestWatch, TestWatches } from './api-watches.testkit.ts';
import { createWatches } from './api-watches.testkit.ts';

export interface TestRequest {
  readonly method: string;
  /** `get`, `list`, `watch`, `create` or `patch`. */
  readonly verb: string;
  readonly resource: string;
  readonly group: string;
  readonly namespace: string | undefined;
  readonly query: Readonly<Record<string, string>>;
  /** Status of the response. */
  readonly status: number;
}

/** A Kubernetes API server on a real socket with TLS, including the faults that a client of list and watch must handle. */
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
  readonly watches: readonly TestWatch[];
  readonly events: readonly TestObject[];
  /** Creates or changes the objects of a YAML manifest; objects without a namespace belong to `default`. */
  apply(manifest: string): void;
  /** `httproutes`, `apps/shop` */
  findObject(resource: string, key: string): TestObject | undefined;
  /** Sets a status as another controller would. */
  setStatus(resource: string, key: string, status: object): void;
  /** `Middleware`, `apps/auth` */
  remove(kind: string, name: string): void;
  /** Sends a bookmark on every watch. */
  bookmark(): void;
  /** Discards the history: watches and pages of earlier versions get 410. */
  compact(): void;
  /** Every page of a list except the first gets 410 from now on. */
  expirePages(): void;
  /** The next watches of earlier versions get the status 410 instead of an event. */
  refuseExpired(): void;
  /** Ends every watch as its `timeoutSeconds` would. */
  endWatches(): void;
  /** Breaks every connection, a watch in the middle of a line. */
  disconnect(): void;
  /** Refuses connections until `start` is called. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Refuses every token except this one from now on; files of clients keep the old one. */
  acceptOnly(token: string): void;
  /** Forbids `secrets`, `secrets/watch`, or `secrets/all`, which still allows requests with a field selector for a name. */
  forbid(what: string): void;
  permit(what: string): void;
  /** Drops fields with these names from objects applied later, as a definition does that does not declare them. */
  prune(...names: readonly string[]): void;
  /** Rejects new objects in a namespace, as during its deletion. */
  terminate(namespace: string): void;
  uninstall(resource: string): void;
  install(resource: string): void;
  /** Responds to the next requests for a resource with this status, and then normally again. */
  failNext(resource: string, status: number, headers?: Readonly<Record<string, string>>): void;
  /** Accepts requests for a resource, but does not respond until the returned function is called. */
  hold(resource: string): () => void;
  /** Writes in separate pieces of this many bytes. */
  setPieceBytes(bytes: number): void;
  /** Sends a text unchanged on every watch of a resource. */
  inject(resource: string, text: string): void;
  close(): Promise<void>;
}

interface ApiServerParts {
  readonly objects: TestObjects;
  readonly lists: TestLists;
  readonly watches: TestWatches;
  readonly events: TestEvents;
  readonly faults: TestFaults;
}

export async function startApiServer(): Promise<TestApiServer> {
  const authority = createTestAuthority('Test cluster');
  const folder = await mkdtemp(join(tmpdir(), 'grantgate-api-'));
  const requests: TestRequest[] = [];
  let pieceBytes = 0;
  const write = (response: ServerResponse, body: string): void => {
    const bytes = Buffer.from(body);
    const size = pieceBytes === 0 ? bytes.length : pieceBytes;
    for (let at = 0; at < bytes.length; at += size) response.write(bytes.subarray(at, at + size));
  };
  const objects = createObjects();
  const faults = createFaults();
  const watches = createWatches(objects, write);
  const lists = createLists(objects);
  const events = createEvents(objects);
  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = parseRequest(incoming);
    const place = requests.push({ ...request, status: 0 }) - 1;
    const reply = await respond(request, incoming, response, { objects, lists, watches, events, faults });
    requests[place] = { ...request, status: reply?.status ?? 200 };
    if (reply === undefined) return;
    const { status, body, headers } = reply;
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    write(response, typeof body === 'string' ? body : JSON.stringify(body));
    response.end();
  };
  const { cert, key } = authority.issue('kube-apiserver', ['127.0.0.1', 'localhost']);
  const listening = await listen(
    createServer({ cert, key }, (request, response) => void serve(request, response)),
  );
  const { url } = listening;
  const files = await writeFiles(folder, { url, ca: authority.cert, token: faults.acceptedToken() });
  return {
    url,
    folder,
    ...files,
    token: faults.acceptedToken(),
    requests,
    get watches() {
      return watches.open();
    },
    get events() {
      return objects.all('events');
    },
    apply: objects.apply,
    findObject(resource, key) {
      const [namespace, name = ''] = key.split('/');
      return objects.find(resource, namespace, name);
    },
    setStatus(resource, key, status) {
      const [namespace, name = ''] = key.split('/');
      const object = objects.find(resource, namespace, name);
      if (object !== undefined) objects.put({ ...structuredClone(object), status });
    },
    remove: objects.remove,
    compact: objects.compact,
    prune: (...names) => objects.prune(names),
    bookmark: watches.bookmark,
    refuseExpired: watches.refuseExpired,
    endWatches: watches.end,
    inject: watches.inject,
    expirePages: lists.expire,
    terminate: events.terminate,
    setPieceBytes: (bytes) => void (pieceBytes = bytes),
    ...faults,
    disconnect: listening.disconnect,
    stop: listening.stop,
    start: listening.start,
    async close() {
      await listening.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Undefined for a watch, which writes its own response. */
async function respond(
  request: ReceivedApiRequest,
  incoming: IncomingMessage,
  response: ServerResponse,
  { objects, lists, watches, events, faults }: ApiServerParts,
): Promise<ApiReply | undefined> {
  const fault = await faults.find(request, incoming.headers.authorization);
  if (fault !== undefined) return fault;
  const { group, version, resource, namespace, name, verb, query } = request;
  const found = objects.resourceOf(group, version, resource.replace('/status', ''));
  if (found === undefined || faults.isUninstalled(resource)) return refuseInText(404, '404 page not found\n');
  if (verb === 'list') return lists.list(found, namespace, query);
  if (verb === 'watch') return watches.start({ resource, namespace, query }, response);
  if (verb === 'create') return events.create(namespace ?? '', await text(incoming));
  if (verb === 'patch' && resource === 'httproutes/status')
    return patchStatus(objects, request, await text(incoming));
  if (verb === 'patch') return events.patch(namespace ?? '', name ?? '', await text(incoming));
  const object = findOne(objects, request);
  return object === undefined
    ? refuse(404, `${toQualified(resource, group)} "${name ?? ''}" not found`)
    : { status: 200, body: object };
}

/** A merge patch of the status; a different version of the object is a conflict. */
function patchStatus(
  objects: TestObjects,
  { group, namespace, name = '' }: ReceivedApiRequest,
  body: string,
): ApiReply {
  const object = objects.find('httproutes', namespace, name);
  if (object === undefined) return refuse(404, `${toQualified('httproutes', group)} "${name}" not found`);
  const { metadata, status } = JSON.parse(body) as Pick<TestObject, 'metadata'> & { readonly status: object };
  const { resourceVersion } = metadata;
  if (resourceVersion !== undefined && resourceVersion !== object.metadata.resourceVersion)
    return refuse(
      409,
      `Operation cannot be fulfilled on ${toQualified('httproutes', group)} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
    );
  const before = object['status'] as object | undefined;
  return { status: 200, body: objects.put({ ...structuredClone(object), status: { ...before, ...status } }) };
}

function findOne(
  objects: TestObjects,
  { resource, namespace, name = '' }: ReceivedApiRequest,
): TestObject | undefined {
  if (resource === 'namespaces' && objects.namespaces.has(name))
    return { kind: 'Namespace', metadata: { name } };
  return objects.find(resource, namespace, name);
}

/** A server that can stop and listen again on the same port. */
async function listen(server: ReturnType<typeof createServer>) {
  const sockets = new Set<Socket>();
  // The port stays unused while the server is stopped.
  const port = await findClosedPort();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const start = (): Promise<void> =>
    new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
  const disconnect = (): void => sockets.forEach((socket) => socket.destroy());
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      if (!server.listening) resolve();
      server.close(() => resolve());
      disconnect();
    });
  await start();
  return { url: `https://127.0.0.1:${port}`, start, stop, disconnect };
}

async function writeFiles(
  folder: string,
  { url, ca, token }: { readonly url: string; readonly ca: string; readonly token: string },
): Promise<Pick<TestApiServer, 'caFile' | 'tokenFile' | 'kubeconfig'>> {
  const file = async (name: string, content: string): Promise<string> => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server: url, 'certificate-authority': 'ca.crt' } }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  };
  return {
    caFile: await file('ca.crt', ca),
    tokenFile: await file('token', token),
    kubeconfig: await file('kubeconfig', JSON.stringify(kubeconfig)),
  };
}
