import type { Problem } from '../../config/place.ts';
import type { FileProviderConfig } from '../../config/install-config.ts';
import type { Provider, ProviderOutput } from '../provider.ts';
import type { LoadOptions } from './load.ts';
import { createFileLoader } from './load.ts';
import type { FileWatch, FileWatchOptions } from './watch.ts';
import { watchFiles } from './watch.ts';

export interface FileProvider extends Provider {
  /** Why paths currently yield no routes; their last valid ones stay active. */
  missing(): readonly Problem[];
}

/** Routes from files and directories, reloaded when they change. */
export function createFileProvider(
  { paths, watch, localReferences }: FileProviderConfig,
  { env, clock, onUnwatched }: Pick<LoadOptions, 'env'> & Pick<FileWatchOptions, 'clock' | 'onUnwatched'>,
): FileProvider {
  const load = createFileLoader(paths, { env, localReferences });
  let closed = false;
  let missing: readonly Problem[] = [];
  let watching: FileWatch | undefined;
  // Sequential, so that an earlier read never overwrites a later one.
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
      // Watched before reading, so that no change in between is missed.
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
