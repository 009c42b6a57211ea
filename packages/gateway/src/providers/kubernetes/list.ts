import { valueAt } from '../../config/path.ts';
import type { ApiObject } from './api-object.ts';
import { toApiObject } from './api-object.ts';
import type { ApiClient } from './client.ts';
import type { Result } from './fault.ts';
import { fail, succeed } from './fault.ts';
import type { Selection } from './selection.ts';
import { toRequest } from './selection.ts';

export interface ObjectList {
  readonly objects: readonly ApiObject[];
  /** Version from which to watch. */
  readonly version: string;
}

/** Maximum number of objects per page, which is read and parsed at once. */
const pageSize = 500;

/** Lists a selection, page by page, in the state of one moment. */
export async function listObjects(
  client: ApiClient,
  selection: Selection,
  signal: AbortSignal,
): Promise<Result<ObjectList>> {
  const paged = await listPages(client, selection, pageSize, signal);
  // The remaining pages of a slow list may expire; unpaged lists cannot.
  return !paged.ok && paged.fault.kind === 'expired' ? listPages(client, selection, 0, signal) : paged;
}

async function listPages(
  client: ApiClient,
  selection: Selection,
  limit: number,
  signal: AbortSignal,
): Promise<Result<ObjectList>> {
  const request = toRequest(selection, 'list');
  const objects: ApiObject[] = [];
  for (let next: string | undefined; ;) {
    const page = await client.readJson(
      {
        ...request,
        query: { ...request.query, limit: limit === 0 ? undefined : String(limit), continue: next },
      },
      signal,
    );
    if (!page.ok) return page;
    const items = valueAt(page.value, ['items']);
    const version = valueAt(page.value, ['metadata', 'resourceVersion']);
    // A proxy in between may respond with a different document and 200; read as an empty list, it would remove every route.
    if (typeof version !== 'string' || version === '' || !(Array.isArray(items) || items === null))
      return fail({ kind: 'failed', message: 'the API server responded with something other than a list' });
    for (const item of items ?? []) {
      const object = toApiObject(item);
      if (object !== undefined) objects.push(object);
    }
    const more = valueAt(page.value, ['metadata', 'continue']);
    if (typeof more !== 'string' || more === '') return succeed({ objects, version });
    next = more;
  }
}
