import { isMapping } from '../../config/path.ts';
import type { PreparedConfiguration } from '../../snapshot/prepared.ts';
import type { ConfigurationViews } from './configuration-views.ts';
import { redactUrl } from './redact.ts';
import type { ApiExplanation } from './explanation-shape.ts';

/** Description of a middleware's effect on a request. */
export function describeStep(
  name: string,
  { steps }: PreparedConfiguration,
  views: ConfigurationViews | undefined,
): ApiExplanation['results'][number]['middlewares'][number] {
  const step = steps.get(name);
  return {
    name,
    type: step?.kind.name ?? 'unknown',
    status: views?.middlewares.get(name)?.status ?? 'enabled',
    effect: step === undefined ? '' : describeEffect(step.kind.name, step.kind.description, step.options),
  };
}

function describeEffect(kind: string, description: string, options: object | undefined): string {
  if (options === undefined) return 'Refuses every request with 503: its options are invalid.';
  if (kind !== 'oAuthClientCredentials' || !isMapping(options)) return description;
  const { url, issuer, clientID, claims } = options;
  const [server = ''] = [url, issuer].filter((text) => typeof text === 'string').map(redactUrl);
  const who =
    clientID === undefined ? "exchanges the caller's Basic credentials" : "uses the gateway's own client";
  const condition = claims === undefined ? '' : ' and passes if the claims satisfy the configured condition';
  return `Requests a token from ${server}: it ${who}${condition}.`;
}
