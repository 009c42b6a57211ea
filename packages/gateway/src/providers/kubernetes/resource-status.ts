import type { Copy } from './copy.ts';

/** Status of the copies of one resource. */
export interface ResourceStatus {
  /** In URLs and roles: plural, lower case. */
  readonly resource: string;
  readonly watches: number;
  /** Whether all of them have been read. */
  readonly synced: boolean;
  /** Milliseconds since the last message on the watch that has been silent longest; undefined before the first list. */
  readonly silentMs: number | undefined;
}

export function toStatus(copies: readonly Copy[], now: number): readonly ResourceStatus[] {
  const byResource = new Map<string, ResourceStatus>();
  for (const { selection, reflector } of copies) {
    const { resource } = selection.resource;
    const before = byResource.get(resource);
    const heardAt = reflector.heardAt();
    const silences = [before?.silentMs, heardAt === undefined ? undefined : now - heardAt];
    const known = silences.filter((ms) => ms !== undefined);
    byResource.set(resource, {
      resource,
      watches: (before?.watches ?? 0) + Number(reflector.isWatching()),
      synced: (before?.synced ?? true) && reflector.isSynced(),
      silentMs: known.length === 0 ? undefined : Math.max(...known),
    });
  }
  return Array.from(byResource.values());
}
