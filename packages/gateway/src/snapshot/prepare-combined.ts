import { asWritten } from '../config/path.ts';
import type { DynamicConfiguration, MiddlewareConfig } from '../config/dynamic.ts';
import type { Problem } from '../config/place.ts';
import { isCombining, type CombiningKind } from '../middlewares/kind.ts';
import { findKind, kinds } from '../middlewares/kinds.ts';
import { createOptionProblem } from '../middlewares/read-options.ts';
import { createDerive, type LookUp } from '../reload/derive.ts';
import { keepMap } from '../reload/list-changes.ts';
import type { PreparedMiddleware } from './prepare-middleware.ts';

type Steps = ReadonlyMap<string, PreparedMiddleware>;

/** Prepares the middlewares that combine their members into one step. */
export type PrepareCombinations = (middlewares: DynamicConfiguration['middlewares'], steps: Steps) => Steps;

/** The options of a combining middleware. */
export interface CombinationOptions {
  /** Qualified names. */
  readonly members: readonly string[];
}

/** A type alias, because `createDerive` does not accept an interface. */
type MemberMaps = {
  readonly steps: Steps;
  readonly middlewares: DynamicConfiguration['middlewares'];
};

export function createPrepareCombinations(): PrepareCombinations {
  const derive = createDerive(prepareOne);
  let before: Steps | undefined;
  return (middlewares, steps) => {
    const combining = [...middlewares.values()].filter((config) => combiningKindOf(config) !== undefined);
    if (combining.length === 0) return steps;
    const combined = derive(combining, { steps, middlewares }).map((one) => [one.name, one] as const);
    before = keepMap(before, new Map([...steps, ...combined]));
    return before;
  };
}

function combiningKindOf({ kind }: MiddlewareConfig): CombiningKind | undefined {
  const found = kind === undefined ? undefined : findKind(kind);
  return isCombining(found) ? found : undefined;
}

function prepareOne(
  config: MiddlewareConfig,
  lookUp: LookUp<MemberMaps>,
  before: PreparedMiddleware | undefined,
): PreparedMiddleware {
  const kind = combiningKindOf(config);
  if (kind === undefined) throw new TypeError(`${config.name} combines no members`);
  const { members = [] } = config;
  const found = members.map((member) => lookUp('steps', member));
  const problems = members.flatMap((member, index): readonly Problem[] => {
    const step = found[index];
    const chained = lookUp('middlewares', member);
    // A missing or broken member has already been reported.
    if (chained === undefined || chained.errors.length > 0) return [];
    if (step !== undefined && (step.options === undefined || isAuthenticator(step))) return [];
    return [
      createOptionProblem(config, [...asWritten(config.options, [kind.members]), index], {
        code: 'invalid_value',
        message: `${member} does not authenticate callers by their credentials: expected ${describeKinds()}`,
      }),
    ];
  });
  const isWhole = found.every((step) => step !== undefined && isAuthenticator(step));
  const options: CombinationOptions | undefined = isWhole ? Object.freeze({ members }) : undefined;
  if (before !== undefined && isWhole && before.options !== undefined) return before;
  return Object.freeze({ name: config.name, kind, options, problems });
}

function isAuthenticator({ kind, options }: PreparedMiddleware): boolean {
  return kind.members === undefined && options !== undefined && kind.authenticatesCallers?.(options) === true;
}

function describeKinds(): string {
  const names = kinds.flatMap((kind) =>
    kind.members === undefined && kind.authenticatesCallers !== undefined
      ? [kind.name === 'oAuthClientCredentials' ? `${kind.name} without clientID` : kind.name]
      : [],
  );
  return names.join(', ').replace(/, ([^,]*)$/, ' or $1');
}
