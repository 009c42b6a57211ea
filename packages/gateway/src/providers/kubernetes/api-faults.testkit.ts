import type { ReceivedApiRequest } from './api-requests.testkit.ts';
import type { ApiReply } from './api-replies.testkit.ts';
import { refuse, refuseInText, toQualified } from './api-replies.testkit.ts';

/** Faults of a fake API server. */
export interface TestFaults {
  /** The accepted token. */
  readonly acceptedToken: () => string;
  readonly acceptOnly: (token: string) => void;
  readonly forbid: (what: string) => void;
  readonly permit: (what: string) => void;
  readonly uninstall: (resource: string) => void;
  readonly install: (resource: string) => void;
  readonly isUninstalled: (resource: string) => boolean;
  readonly failNext: (resource: string, status: number, headers?: Readonly<Record<string, string>>) => void;
  readonly hold: (resource: string) => () => void;
  readonly find: (
    request: ReceivedApiRequest,
    authorization: string | undefined,
  ) => Promise<ApiReply | undefined>;
}

export function createFaults(): TestFaults {
  const forbidden = new Set<string>();
  const uninstalled = new Set<string>();
  const failing = new Map<string, ApiReply>();
  const held = new Map<string, Promise<void>>();
  let accepted = 'token-1';
  const isForbidden = ({ resource, verb, query }: ReceivedApiRequest): boolean =>
    forbidden.has(resource) ||
    forbidden.has(`${resource}/${verb}`) ||
    (query['fieldSelector'] === undefined && forbidden.has(`${resource}/all`));
  return {
    acceptedToken: () => accepted,
    acceptOnly: (token) => void (accepted = token),
    forbid: (what) => void forbidden.add(what),
    permit: (what) => void forbidden.delete(what),
    uninstall: (resource) => void uninstalled.add(resource),
    install: (resource) => void uninstalled.delete(resource),
    isUninstalled: (resource) => uninstalled.has(resource),
    failNext(resource, status, headers) {
      // Overload is reported in plain text, before the API.
      const reply =
        status === 429
          ? refuseInText(429, 'Too many requests, please try again later.\n', headers)
          : refuse(status, 'as the test wants it', headers);
      failing.set(resource, reply);
    },
    hold(resource) {
      let release = (): void => {};
      held.set(resource, new Promise((resolve) => (release = resolve)));
      return () => {
        held.delete(resource);
        release();
      };
    },
    async find(request, authorization) {
      const { resource } = request;
      if (authorization !== `Bearer ${accepted}`) return refuse(401, 'Unauthorized');
      await held.get(resource);
      const failure = failing.get(resource);
      failing.delete(resource);
      if (failure !== undefined) return failure;
      return isForbidden(request) ? refuse(403, describeRefusal(request)) : undefined;
    },
  };
}

function describeRefusal({ resource, group, verb, namespace, name, query }: ReceivedApiRequest): string {
  const one = name ?? /^metadata\.name=(.*)$/.exec(query['fieldSelector'] ?? '')?.[1];
  const scope = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  return `${toQualified(resource, group)}${one === undefined ? '' : ` "${one}"`} is forbidden: User "gateway" cannot ${verb} resource "${resource}" in API group "${group}" ${scope}`;
}
