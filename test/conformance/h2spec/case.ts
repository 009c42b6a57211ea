import type { Http2Frame } from '../../../packages/testkit/src/http2-frames.ts';

/** The frames, or the end of the connection, that are valid responses of a server. */
export interface H2SpecOutcome {
  readonly text: string;
  /** Whether the server may also close the connection. */
  readonly closes: boolean;
  /** Undefined for frames that do not determine the outcome. */
  accepts(frame: Http2Frame): boolean | undefined;
}

/** Frames that are sent, or an outcome that the test waits for before the next ones. */
export type H2SpecStep = Buffer | H2SpecOutcome;

export interface H2SpecCase {
  readonly name: string;
  /** Frames after the prefaces and the acknowledgement of SETTINGS of both sides. */
  readonly steps: readonly H2SpecStep[];
  readonly outcome: H2SpecOutcome;
  /** Whether the steps begin with the first byte of the connection. */
  readonly withoutPreface?: boolean;
  /** Reason for another behaviour of the gateway. */
  readonly differs?: string;
}

/** The cases of one section; the numbers of h2spec are their positions. */
export interface H2SpecSection {
  readonly section: string;
  readonly cases: readonly H2SpecCase[];
}
