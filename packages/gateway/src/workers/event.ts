import type { ListenAddresses } from '../config/install.ts';

/** What the primary announces about its workers. */
export type WorkerEvent =
  | { readonly kind: 'listening'; readonly addresses: ListenAddresses }
  | { readonly kind: 'ready'; readonly worker: number; readonly pid: number | undefined }
  /** One ended that nobody had asked to, and is replaced after `delayMs`. */
  | { readonly kind: 'crashed'; readonly worker: number; readonly how: string; readonly delayMs: number }
  /** One that was to replace another could not start; tried again after `delayMs`, or not. */
  | {
      readonly kind: 'start_failed';
      readonly worker: number;
      readonly reason: string;
      readonly delayMs: number | undefined;
    }
  | { readonly kind: 'restarting' }
  | { readonly kind: 'restarted' }
  /** The old workers go on. */
  | { readonly kind: 'restart_failed' }
  /** Cut because it did not end in time. */
  | { readonly kind: 'killed'; readonly worker: number };
