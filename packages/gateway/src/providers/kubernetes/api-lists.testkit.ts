import type { Query, TestObject, TestObjects } from './api-objects.testkit.ts';
import { isSelected } from './api-objects.testkit.ts';
import type { ApiReply } from './api-replies.testkit.ts';
import { refuse } from './api-replies.testkit.ts';
import type { Resource } from './resources.ts';

/** Lists of a fake API server, page by page. */
export interface TestLists {
  readonly list: (of: Resource, namespace: string | undefined, query: Query) => ApiReply;
  /** Makes every page except the first expire from now on. */
  readonly expire: () => void;
}

interface ListSnapshot {
  readonly version: number;
  readonly items: readonly TestObject[];
}

export function createLists(objects: TestObjects): TestLists {
  const snapshots = new Map<string, ListSnapshot>();
  let isExpired = false;
  const open = (token: string): ListSnapshot | ApiReply => {
    const snapshot = snapshots.get(token);
    if (snapshot === undefined) return refuse(400, 'invalid continue token: continue key is not valid');
    return isExpired || snapshot.version < objects.compacted()
      ? refuse(410, 'The provided continue parameter is too old to display a consistent list result.')
      : snapshot;
  };
  return {
    list({ kind, group, version, resource }, namespace, query) {
      const [token = '', from = '0'] = (query['continue'] ?? '').split('.');
      const selected = token === '' ? select(objects, resource, namespace, query) : open(token);
      if ('status' in selected) return selected;
      const limit = Number(query['limit'] ?? 0);
      const start = Number(from);
      const end = limit === 0 ? selected.items.length : start + limit;
      const left = selected.items.length - end;
      const id = token === '' ? `page${snapshots.size}` : token;
      if (left > 0) snapshots.set(id, selected);
      const metadata = {
        resourceVersion: String(selected.version),
        ...(left > 0 && { continue: `${id}.${end}`, remainingItemCount: left }),
      };
      const items = selected.items.slice(start, end).map(toItem);
      const apiVersion = group === '' ? version : `${group}/${version}`;
      return { status: 200, body: { kind: `${kind}List`, apiVersion, metadata, items } };
    },
    expire: () => void (isExpired = true),
  };
}

const select = (
  objects: TestObjects,
  resource: string,
  namespace: string | undefined,
  query: Query,
): ListSnapshot => ({
  version: objects.version(),
  items: objects
    .all(resource)
    .filter((object) => isSelected(object, namespace, query))
    .map((item) => structuredClone(item)),
});

/** Items of the API server's built-in kinds have no `kind`; items of custom resources do. */
const toItem = ({ apiVersion, kind, ...rest }: TestObject): object =>
  /^(?:traefik|gateway\.networking)/.test(apiVersion ?? '') ? { apiVersion, kind, ...rest } : rest;
