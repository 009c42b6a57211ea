import { z } from 'zod';
import { compileIpStrategy, ipStrategySchema } from './ip-strategy.ts';
import type { StepRequest } from './step.ts';

/** Traefik's `sourceCriterion`: groups requests for counting. */
export const sourceCriterionSchema = z
  .strictObject({
    ipStrategy: ipStrategySchema.optional().describe('By address.'),
    requestHeaderName: z.string().default('').describe('By the value of a header of the request.'),
    requestHost: z.boolean().default(false).describe('By host.'),
    requestClientID: z
      .boolean()
      .default(false)
      .describe('By the client that an earlier middleware of the route authenticated.'),
  })
  .superRefine(({ ipStrategy, requestHeaderName, requestHost, requestClientID }, issues) => {
    const given = [ipStrategy !== undefined, requestHeaderName !== '', requestHost, requestClientID];
    if (given.filter(Boolean).length > 1)
      issues.addIssue({ code: 'custom', message: 'expected exactly one criterion' });
  });

export type SourceCriterion = z.output<typeof sourceCriterionSchema>;

/** Identifies the source of a request. @param usual criterion when none is configured. */
export function compileSourceCriterion(
  criterion: SourceCriterion | undefined,
  usual: 'address' | 'host',
): (request: StepRequest) => string {
  if (criterion?.requestClientID === true) return ({ subject }) => subject?.clientId ?? '';
  if (criterion?.requestHeaderName !== undefined && criterion.requestHeaderName !== '') {
    const name = criterion.requestHeaderName.toLowerCase();
    return (request) => request.header(name) ?? '';
  }
  const isByHost =
    criterion?.requestHost === true || (usual === 'host' && criterion?.ipStrategy === undefined);
  if (isByHost) return ({ facts }) => facts.host;
  const addressOf = compileIpStrategy(criterion?.ipStrategy);
  return (request) => addressOf(request) ?? '';
}
