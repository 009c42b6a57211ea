import { compileTree } from '@grantgate/middleware/predicate/compile';
import type { Diagnostic } from '@grantgate/middleware/predicate/diagnostic';
import { parsePredicate } from '@grantgate/middleware/predicate/parse';
import { defaultPriority } from './default-priority.ts';
import { exactHosts } from './exact-hosts.ts';
import type { PathKey } from './exact-paths.ts';
import { exactPaths } from './exact-paths.ts';
import type { MatchContext } from './match-context.ts';
import { matchers } from './matchers/matchers.ts';

/** A compiled rule. */
export interface Rule {
  readonly evaluate: (context: MatchContext) => boolean;
  /** Hosts that a request must have one of; undefined when others may match as well. */
  readonly hosts: ReadonlySet<string> | undefined;
  /** Keys one of which a request's path must fit; undefined when other paths may match as well. */
  readonly paths: readonly PathKey[] | undefined;
  readonly defaultPriority: number;
}

export type CompiledRule =
  | { readonly ok: true; readonly rule: Rule }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Compiles a Traefik v3 rule; reports every fault at once. */
export function compileRule(source: string): CompiledRule {
  const parsed = parsePredicate(source);
  if (!parsed.ok) return { ok: false, diagnostics: [parsed.diagnostic] };
  const compiled = compileTree(parsed.ast, source, matchers);
  if (!compiled.ok) return compiled;
  const { evaluate } = compiled;
  return {
    ok: true,
    rule: Object.freeze({
      evaluate,
      hosts: exactHosts(parsed.ast),
      paths: exactPaths(parsed.ast),
      defaultPriority: defaultPriority(source, parsed.ast),
    }),
  };
}
