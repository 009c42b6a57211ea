import type { Clock } from '@grantgate/middleware/base/clock';
import { keyOf } from './api-object.ts';
import type { ApiClient } from './client.ts';
import type { OpenCopy } from './copy.ts';
import type { Keep, ClusterObject } from './documents.ts';
import { createReflector } from './reflector.ts';

export interface CopyDeps {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly keep: Keep;
  readonly random: () => number;
  /** Called when objects, the fault, or the completeness of the copy has changed. */
  readonly onChange: () => void;
  /** Called when a failed copy works again. */
  readonly onRecovery: () => void;
}

export function createOpenCopy({ client, clock, keep, random, onChange, onRecovery }: CopyDeps): OpenCopy {
  return (selection, { only, believeAfter } = {}) => {
    let failing = false;
    const reflector = createReflector<ClusterObject>({
      client,
      selection,
      clock,
      random,
      ...(believeAfter !== undefined && { believeAfter }),
      keep: (object, before) =>
        only?.has(keyOf(object)) === false ? undefined : keep(selection.resource, object, before),
      onChange,
      onState() {
        const recovers = failing && reflector.fault() === undefined;
        failing = reflector.fault() !== undefined;
        if (recovers) onRecovery();
        onChange();
      },
    });
    return { selection, reflector };
  };
}
