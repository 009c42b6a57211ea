import type { FileProviderConfig } from '../../config/install.ts';
import type { Provider, ProviderOutput } from '../provider.ts';
import { createFileLoader } from './load.ts';
import type { FileWatch, WatchOptions } from './watch.ts';
import { watchFiles } from './watch.ts';

/** Routes from files and directories, read again when they change. */
export function createFileProvider(
  { paths, watch, localReferences }: FileProviderConfig,
  { clock, onUnwatched }: Pick<WatchOptions, 'clock' | 'onUnwatched'>,
): Provider {
  const load = createFileLoader(paths, localReferences);
  let closed = false;
  let watching: FileWatch | undefined;
  // One after the other: what was read first must not come out last.
  let loading = Promise.resolve();
  const loadInto = (emit: (output: ProviderOutput) => void): Promise<void> => {
    loading = loading.then(async () => {
      const output = await load();
      if (!closed) emit(output);
    });
    return loading;
  };
  return {
    async start(emit) {
      // Watched first, so that no change between the two is missed.
      if (watch) {
        const options = { clock, ...(onUnwatched !== undefined && { onUnwatched }) };
        watching = await watchFiles(paths, { ...options, onChange: () => void loadInto(emit) });
      }
      await loadInto(emit);
    },
    close() {
      closed = true;
      watching?.close();
      watching = undefined;
    },
  };
}
