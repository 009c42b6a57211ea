import type { Step } from '../middlewares/step.ts';

/** Selects the tokens to drop: those of a middleware, of a client, of a client of a middleware, or all. */
export interface PurgeRequest {
  /** Qualified name, or short for `@file`; undefined: every middleware. */
  readonly middleware: string | undefined;
  /** Undefined: every client. */
  readonly clientId: string | undefined;
}

/** The result of a purge. */
export interface PurgeResult {
  /** Number of middlewares with the requested name; 0 when there is none. */
  readonly middlewares: number;
  /** Number of tokens dropped from the memory of this process. */
  readonly tokens: number;
}

/** Drops tokens by the names of middlewares. */
export interface TokenPurge {
  /** Sets the current middlewares, by qualified name. */
  configure(middlewares: ReadonlyMap<string, TokenOwner>): void;
  purge(request: PurgeRequest): PurgeResult;
}

type TokenOwner = Pick<Step, 'purge'>;

export function createTokenPurge(): TokenPurge {
  let middlewares: ReadonlyMap<string, TokenOwner> = new Map();
  return {
    configure: (next) => void (middlewares = next),
    purge({ middleware, clientId }) {
      const named =
        middleware === undefined
          ? [...middlewares.values()]
          : [middlewares.get(middleware) ?? middlewares.get(`${middleware}@file`)].filter(
              (found) => found !== undefined,
            );
      // Middlewares with the same options share tokens.
      const purges = new Set(named.flatMap(({ purge }) => purge ?? []));
      let tokens = 0;
      for (const purge of purges) tokens += purge(clientId);
      return { middlewares: named.length, tokens };
    },
  };
}
