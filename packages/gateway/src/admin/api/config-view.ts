import type { Problem } from '../../config/place.ts';
import { formatPlace, toOptionsView } from './configuration-views.ts';
import { toTime } from './to-time.ts';
import type { ProcessSource } from './process-source.ts';
import { redactOptions } from './redact.ts';
import type { ConfigView } from './shapes.ts';

/** Maximum number of problems to list; the log and `grantgate check` have all of them. */
const maxProblems = 1_000;

/** The active configuration, without secrets. */
export function toConfigView(source: ProcessSource): ConfigView {
  const { api, install, startedAt } = source;
  const { prepared, loadedAt = startedAt } = source.configuration() ?? {};
  const middlewares = Array.from(prepared?.middlewares.values() ?? [], (config) => [
    config.name,
    prepared === undefined ? {} : toOptionsView(config, prepared),
  ]);
  const effective = { ...api.effective, workers: install.workers };
  const shown = redactOptions(effective, { readAt: startedAt }) as Record<string, unknown>;
  return {
    loadedAt: toTime(loadedAt),
    install: shown,
    http: { middlewares: Object.fromEntries(middlewares) as ConfigView['http']['middlewares'] },
    problems: (prepared?.problems ?? []).slice(0, maxProblems).map(toProblemView),
  };
}

const toProblemView = ({ severity, place, code, path, message }: Problem) => ({
  severity,
  place: formatPlace(place),
  code,
  path,
  message,
});
