import { compileTree } from '@grantgate/middleware/predicate/compile';
import type { Diagnostic } from '@grantgate/middleware/predicate/diagnostic';
import { parsePredicate } from '@grantgate/middleware/predicate/parse';
import { exactHosts } from './exact-hosts.ts';
import type { PathKey } from './exact-paths.ts';
import { exactPaths } from './exact-paths.ts';
import type { MatchContext } from './match-context.ts';
import { matchers } from './matchers/matchers.ts';
import type { Node } from '@grantgate/middleware/predicate/ast';
import { findFunction } from '@grantgate/middleware/predicate/functions';
import { host } from './matchers/host.ts';

/** A compiled rule. */
export interface Rule {
  readonly evaluate: (context: MatchContext) => boolean;
  /** Hosts of which a request must have one; undefined when others may match as well. */
  readonly hosts: ReadonlySet<string> | undefined;
  /** Keys of which a request's path must match one; undefined when other paths may match as well. */
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

/**
 * Default priority of a router, as in Traefik: the length of its rule in bytes. The stars of `**.example.com`
 * do not count, so that it ranks below `*.example.com` and the exact hosts it covers.
 */
function defaultPriority(source: string, rule: Node): number {
  const wildcards = [...hostsOf(rule)].filter((name) => name.startsWith('**.'));
  return Buffer.byteLength(source) - 2 * wildcards.length;
}

/**
 * The arguments of `Host` in a rule except negated ones, in lower case: the names by which TLS options are chosen, as
 * in Traefik. Empty for an invalid rule.
 */
export function domainsOf(rule: string): ReadonlySet<string> {
  const parsed = parsePredicate(rule);
  const hosts = parsed.ok ? [...hostsOf(parsed.ast)] : [];
  const domains = hosts.map((name) => name.toLowerCase().replace(/\.$/, ''));
  return new Set(domains.filter((name) => name !== ''));
}

/** The arguments of `Host` below an even number of negations, as written. */
function* hostsOf(node: Node, isPositive = true): Iterable<string> {
  if (node.kind === 'not') yield* hostsOf(node.operand, !isPositive);
  else if (node.kind !== 'call') for (const operand of node.operands) yield* hostsOf(operand, isPositive);
  else if (isPositive && findFunction(matchers, node.name) === host) yield node.args[0]?.value ?? '';
}
