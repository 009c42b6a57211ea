/** The source that obtained a token; compared by identity. */
export interface TokenOrigin {
  /** The key of the profile, which sources with the same options share. */
  readonly profile: string;
}

/** Time of the last purge of a profile, or of one of its clients. */
export interface Purges {
  /** @param clientId undefined for all clients of the profile. @param atMs `Clock.monotonic()`, not before that of any earlier call. */
  add(profile: string, clientId: string | undefined, atMs: number): void;
  /** `Clock.monotonic()` of the latest purge that concerns the client; `-Infinity` when there was none. */
  latest(profile: string, clientId: string): number;
}

/**
 * Creates a memory of purges.
 *
 * @param maxPurges purges to remember separately. Beyond that they count as a purge of everything, so that no purge is
 * forgotten.
 */
export function createPurges(maxPurges: number): Purges {
  const times = new Map<string, number>();
  let everythingAtMs = -Infinity;
  return {
    add(profile, clientId, atMs) {
      if (times.size >= maxPurges) {
        everythingAtMs = atMs;
        times.clear();
      }
      times.set(nameOf(profile, clientId), atMs);
    },
    latest(profile, clientId) {
      const ofProfile = times.get(nameOf(profile, undefined)) ?? -Infinity;
      return Math.max(everythingAtMs, ofProfile, times.get(nameOf(profile, clientId)) ?? -Infinity);
    },
  };
}

const nameOf = (profile: string, clientId: string | undefined): string =>
  clientId === undefined ? profile : `${profile}\0${clientId}`;
