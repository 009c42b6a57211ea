import type { TestObject, TestObjects } from './api-objects.testkit.ts';
import type { ApiReply } from './api-replies.testkit.ts';
import { refuse } from './api-replies.testkit.ts';

/** Events that a fake API server accepts. */
export interface TestEvents {
  readonly create: (namespace: string, body: string) => ApiReply;
  readonly patch: (namespace: string, name: string, body: string) => ApiReply;
  /** Rejects new Events in a namespace, as during its deletion. */
  readonly terminate: (namespace: string) => void;
}

type EventBody = TestObject & {
  readonly series?: { readonly count: number };
  readonly regarding?: Readonly<Record<string, string>>;
  readonly note?: string;
};

export function createEvents(objects: TestObjects): TestEvents {
  const terminating = new Set<string>();
  return {
    create(namespace, body) {
      const event = JSON.parse(body) as EventBody;
      const { name } = event.metadata;
      if (!isTime(event['eventTime']))
        return refuse(400, `Event in version "v1" cannot be handled as a Event: parsing time`);
      if (terminating.has(namespace))
        return refuse(
          403,
          `events.events.k8s.io "${name}" is forbidden: unable to create new content in namespace ${namespace} because it is being terminated`,
        );
      if (!objects.namespaces.has(namespace)) return refuse(404, `namespaces "${namespace}" not found`);
      const [fault] = findFaults(event);
      if (fault !== undefined) return refuse(422, `Event "${name}" is invalid: ${fault}`);
      if (objects.find('events', namespace, name) !== undefined)
        return refuse(409, `events.events.k8s.io "${name}" already exists`);
      event.metadata.namespace = namespace;
      return { status: 201, body: objects.put(event) };
    },
    patch(namespace, name, body) {
      const event = objects.find('events', namespace, name);
      if (event === undefined) return refuse(404, `events.events.k8s.io "${name}" not found`);
      const { series } = JSON.parse(body) as EventBody;
      if ((series?.count ?? 0) < 2)
        return refuse(
          422,
          `Event "${name}" is invalid: series.count: Invalid value: "": should be at least 2`,
        );
      return { status: 200, body: objects.put({ ...event, series }) };
    },
    terminate: (namespace) => void terminating.add(namespace),
  };
}

/** Microseconds, all six digits. */
const isTime = (value: unknown): boolean => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(String(value));

function findFaults({ metadata, regarding, note = '', ...fields }: EventBody): readonly string[] {
  const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
  const required = ['reportingController', 'reportingInstance', 'action', 'reason'];
  return [
    ...(subdomain.test(metadata.name)
      ? []
      : ['metadata.name: Invalid value: a lowercase RFC 1123 subdomain']),
    ...(metadata.name.length <= 253
      ? []
      : ['metadata.name: Invalid value: must be no more than 253 characters']),
    ...required.filter((field) => !fields[field]).map((field) => `${field}: Required value`),
    // Only a missing namespace of the object is reported as different from that of the Event.
    ...(regarding?.['namespace']
      ? []
      : ['involvedObject.namespace: Invalid value: "": does not match event.namespace']),
    // The message says characters, but the limit is in bytes.
    ...(Buffer.byteLength(note) > 1024
      ? ['message: Invalid value: "": can have at most 1024 characters']
      : []),
  ];
}
