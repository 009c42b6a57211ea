import type { TokenStore } from '@grantgate/middleware/cache/store';
import type { StoreReply, StoreRequest } from './messages.ts';

/** Executes an operation of a worker on the store; never rejects. */
export async function replyToStore(store: TokenStore, request: StoreRequest): Promise<StoreReply> {
  const { id } = request;
  try {
    return { kind: 'stored', id, ok: true, result: await operate(store, request) };
  } catch (error) {
    return {
      kind: 'stored',
      id,
      ok: false,
      reason: error instanceof Error ? error.message : 'unknown error',
    };
  }
}

function operate(store: TokenStore, request: StoreRequest): Promise<unknown> {
  switch (request.operation) {
    case 'get':
      return store.get(request.key);
    case 'set':
    case 'setIfAbsent':
    case 'extendIfEquals':
      return store[request.operation](request.key, request.value, request.ttlMs);
    case 'deleteIfEquals':
      return store.deleteIfEquals(request.key, request.value);
    case 'take':
      return store.take(request.key, request.limits);
    case 'occupy':
      return store.occupy(request.key, request.holder, request.demand);
    case 'ping':
      return store.ping();
  }
}
