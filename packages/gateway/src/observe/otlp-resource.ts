import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Resource } from '@opentelemetry/resources';
import type { ResourceConfig } from '../config/otlp-config.ts';

export interface ResourceParts {
  readonly version: string;
  /** Its number among several processes. */
  readonly worker: number | undefined;
}

/** Identity of this process for a collector; each worker is a separate instance. */
export async function createResource(
  { serviceName, attributes }: ResourceConfig,
  { version, worker }: ResourceParts,
): Promise<Resource> {
  const { resourceFromAttributes, detectResources, envDetector } = await import('@opentelemetry/resources');
  const usual = resourceFromAttributes({
    'service.name': 'grantgate',
    'service.version': version,
    'service.instance.id': instanceId,
    'host.name': hostname(),
    'process.pid': process.pid,
    ...(worker !== undefined && { 'grantgate.worker': worker }),
  });
  // OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME.
  const environment = detectResources({ detectors: [envDetector] });
  const configured = resourceFromAttributes({
    ...attributes,
    ...(serviceName !== undefined && { 'service.name': serviceName }),
  });
  return usual.merge(environment).merge(configured);
}

/** Equal for every signal of the process. */
const instanceId = randomUUID();
