import type { Problem } from '../../config/place.ts';
import type { FileProviderConfig } from '../../config/install.ts';
import type { Provider, ProviderOutput } from '../provider.ts';
import type { LoadOptions } from './load.ts';
import { createFileLoader } from './load.ts';
import type { FileWatch, FileWatchOptions } from './watch.ts';
import { watchFiles } from './watch.ts';

export interface FileProvider extends Provider {
  /** Why paths lead to no routes at all now; the last good ones of each stay. */
  missing(): readonly Problem[];
}

/** Routes from files and directories, read again when they change. */
export function createFileProvider(
  { paths, watch, localReferences }: FileProviderConfig,
  { env, clock, onUnwatched }: Pick<LoadOptions, 'env'> & Pick<FileWatchOptions, 'clock' | 'onUnwatched'>,
): FileProvider {
  const load = createFileLoader(paths, { env, localReferences });
  let closed = false;
  let missing: readonly Problem[] = [];
  let watching: FileWatch | undefined;
  // One after the other: what was read first must not come out last.
  let loading = Promise.resolve();
  const loadInto = (emit: (output: ProviderOutput) => void): Promise<void> => {
    loading = loading.then(async () => {
      const output = await load();
      if (closed) return;
      missing = output.missing;
      emit(output);
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
    missing: () => missing,
    close() {
      closed = true;
      watching?.close();
      watching = undefined;
    },
  };
}
