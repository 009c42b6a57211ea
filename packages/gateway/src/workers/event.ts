import type { ListenAddresses } from '../config/address.ts';

/** Events of workers, announced by the primary. */
export type WorkerEvent =
  | { readonly kind: 'listening'; readonly addresses: ListenAddresses }
  | { readonly kind: 'ready'; readonly worker: number; readonly pid: number | undefined }
  /** A worker exited unexpectedly; it is restarted after `delayMs`. */
  | { readonly kind: 'crashed'; readonly worker: number; readonly how: string; readonly delayMs: number }
  /** A replacement could not start; the next attempt follows after `delayMs`, or never if that is undefined. */
  | {
      readonly kind: 'start_failed';
      readonly worker: number;
      readonly reason: string;
      readonly delayMs: number | undefined;
    }
  | { readonly kind: 'restarting' }
  | { readonly kind: 'restarted' }
  /** The old workers keep running. */
  | { readonly kind: 'restart_failed' }
  /** Killed because it did not exit in time. */
  | { readonly kind: 'killed'; readonly worker: number };
