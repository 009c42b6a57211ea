import type { Diagnostic } from '@grantgate/middleware/predicate/diagnostic';
import { proposeName } from '@grantgate/middleware/base/names';
import type { RouterConfig } from '../config/dynamic.ts';
import type { Problem } from '../config/place.ts';
import { remember } from '../reload/remember.ts';
import type { Rule } from '../routing/rule.ts';
import { compileRule } from '../routing/rule.ts';
import type { EntryPoints } from './entry-points.ts';
import { entryPointsOf } from './entry-points.ts';

/** The result of reading a router without its references. */
export interface ReadRouter {
  /** Undefined for an invalid router. */
  readonly rule: Rule | undefined;
  readonly problems: readonly Problem[];
}

/** @param entryPoints by name; undefined when unknown, in which case routers' references to them are not checked. */
export function createReadRouter(entryPoints: EntryPoints | undefined): (config: RouterConfig) => ReadRouter {
  return remember((config: RouterConfig): ReadRouter => {
    const problems = entryPoints === undefined ? [] : checkEntryPoints(config, entryPoints);
    // The provider has already reported a router without a rule.
    if (config.rule === '') return { rule: undefined, problems };
    const compiled = compileRule(config.rule);
    if (compiled.ok) return { rule: compiled.rule, problems };
    problems.push(...compiled.diagnostics.map((diagnostic) => toRuleProblem(config, diagnostic)));
    return { rule: undefined, problems };
  });
}

function checkEntryPoints(router: RouterConfig, entryPoints: EntryPoints): Problem[] {
  const problems = router.entryPoints.flatMap((name, index): readonly Problem[] => {
    const report = (code: string, message: string): readonly Problem[] => [
      {
        severity: 'error',
        place: router.entryPointPlace(index),
        code,
        path: `${router.name}.entryPoints[${index}]`,
        message,
      },
    ];
    const entryPoint = entryPoints.get(name);
    if (entryPoint === undefined) {
      const hint = proposeName(name, [...entryPoints.keys()]);
      return report('missing_reference', `there is no entry point ${name}: ${hint}`);
    }
    return entryPoint.routes
      ? []
      : report(
          'unreachable_router',
          `the entry point ${name} is for external authorization and serves no routes`,
        );
  });
  const known = entryPointsOf(router, entryPoints);
  if (problems.length === 0 && known.length === 0)
    problems.push({
      severity: 'warning',
      place: router.place,
      code: 'unreachable_router',
      path: `${router.name}.entryPoints`,
      message: describeUnreachable(router),
    });
  return problems;
}

function describeUnreachable({ name, listener }: RouterConfig): string {
  if (listener !== undefined)
    return `no entry point listens on port ${listener.port} ${listener.tls ? 'with' : 'without'} TLS, as the Gateway of ${name} requires`;
  return `no entry point serves ${name}: all of them are for external authorization`;
}

function toRuleProblem({ name, rulePlace }: RouterConfig, { offset, message }: Diagnostic): Problem {
  return {
    severity: 'error',
    place: rulePlace(offset),
    code: 'invalid_rule',
    path: `${name}.rule`,
    message,
  };
}
