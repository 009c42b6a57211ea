import type { AccessLogFields } from '../config/install.ts';
import type { RequestRecord } from '../pipeline/record.ts';
import { quote } from './escape.ts';
import type { HeaderFields } from './header-fields.ts';
import {
  toClientHost,
  toClientAddress,
  toHostOf,
  toPortOf,
  toServiceAddress,
  toLoggedTarget,
  toGzipRatio,
  toOriginBytes,
  toOriginStatus,
} from './logged-values.ts';
import { createIsoTimes } from './log-times.ts';
import { createStartTimes } from './start-times.ts';
import { fromWire } from './wire-text.ts';

const nsPerMs = 1e6;

/** One JSON object of the fields that are kept, and of headers. */
export function createJsonFieldsLine(
  fields: AccessLogFields,
  headers: HeaderFields | undefined,
): (record: RequestRecord, count: number) => string {
  const kept = Object.entries(createFields(fields)).filter(
    ([name]) => fields.names.get(name.toLowerCase()) ?? fields.keepsOthers,
  );
  const toTime = createIsoTimes();
  return (record, count) => {
    let line = '{';
    for (const [name, toValue] of kept) {
      const value = toValue(record, count);
      if (value !== undefined) line += `"${name}":${value},`;
    }
    headers?.each(record, (name, value) => (line += `${quote(name)}:${quote(value)},`));
    return `${line}"level":"info","msg":"","time":"${toTime(record.startedAt + record.durationMs)}"}\n`;
  };
}

/** A value in JSON; undefined: the field is left out. */
type ToValue = (record: RequestRecord, count: number) => string | undefined;

const text = (value: string | undefined): string | undefined => value && quote(value);

/** Every field of a line, in its order. */
function createFields({ keepsQuery }: AccessLogFields): Readonly<Record<string, ToValue>> {
  const start = createStartTimes();
  const authority = ({ facts }: RequestRecord): string | undefined => facts.authority || undefined;
  return {
    ClientAddr: ({ facts }) => quote(toClientAddress(facts)),
    ClientHost: ({ facts }) => quote(toClientHost(facts)),
    ClientPort: ({ facts }) => `"${facts.remotePort}"`,
    RequestAddr: (record) => text(authority(record) && fromWire(record.facts.authority)),
    RequestHost: (record) => text(authority(record) && toHostOf(record.facts.authority)),
    RequestPort: (record) => text(authority(record) && toPortOf(record.facts.authority)),
    RequestScheme: ({ facts }) => `"${facts.scheme}"`,
    entryPointName: ({ facts }) => quote(facts.entryPoint),
    TLSVersion: ({ facts }) => text(facts.tls?.version),
    TLSCipher: ({ facts }) => text(facts.tls?.cipher),
    TLSClientSubject: ({ facts }) => text(facts.tls?.clientSubject()),
    RequestContentSize: ({ requestBytes }) => String(requestBytes),
    ClientUsername: ({ clientUsername }) => quote(clientUsername ?? '-'),
    DownstreamContentSize: ({ downstreamBytes }) => String(downstreamBytes),
    DownstreamStatus: ({ status }) => String(status),
    Duration: ({ durationMs }) => String(Math.round(durationMs * nsPerMs)),
    Overhead: ({ durationMs, originDurationMs }) =>
      String(Math.max(0, Math.round(durationMs * nsPerMs) - Math.round(originDurationMs * nsPerMs))),
    RequestCount: (_record, count) => String(count),
    RequestId: ({ requestId }) => quote(requestId),
    RequestMethod: ({ facts }) => quote(facts.method),
    RequestPath: (record) => quote(toLoggedTarget(record, keepsQuery)),
    RequestProtocol: ({ httpVersion }) => quote(`HTTP/${httpVersion}`),
    RetryAttempts: ({ retryAttempts }) => String(retryAttempts),
    StartUTC: (record) => `"${start.utc(record)}"`,
    StartLocal: (record) => `"${start.local(record, start.utc(record))}"`,
    OriginDuration: ({ originDurationMs }) => String(Math.round(originDurationMs * nsPerMs)),
    OriginContentSize: (record) => String(toOriginBytes(record)),
    OriginStatus: (record) => String(toOriginStatus(record)),
    GzipRatio: (record) => {
      const ratio = toGzipRatio(record);
      return ratio === undefined ? undefined : String(ratio);
    },
    RouterName: ({ routerName }) => text(routerName),
    ServiceName: ({ serviceName }) => text(serviceName),
    ServiceURL: ({ serverUrl }) => text(serverUrl),
    ServiceAddr: ({ serverUrl }) => text(serverUrl && toServiceAddress(serverUrl)),
    TraceId: ({ trace }) => text(trace?.traceId),
    SpanId: ({ trace }) => text(trace?.spanId),
    RefusalCode: ({ refusal }) => text(refusal?.code),
    RefusalReason: ({ refusal }) => text(refusal?.reason),
  };
}
