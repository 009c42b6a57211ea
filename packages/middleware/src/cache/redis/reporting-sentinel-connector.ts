import type { RedisOptions, SentinelConnectionOptions } from 'ioredis';
import type { Ioredis } from './load-ioredis.ts';
import { limitReplies } from './limit-replies.ts';
import { reportingConnector } from './reporting-connector.ts';
import { watchSocket } from './watch-socket.ts';

/** Called with errors of the sockets of the master and of the sentinels. */
export interface SentinelReports {
  readonly ofMaster: (error: Error) => void;
  readonly ofSentinel: (error: Error) => void;
}

/** Connector for a master that sentinels name: connects as `ioredis` does, and reports errors of each socket. */
export function reportingSentinelConnector(
  ioredis: Ioredis,
  { ofMaster, ofSentinel }: SentinelReports,
): NonNullable<RedisOptions['Connector']> {
  return class extends ioredis.SentinelConnector {
    // These are `RedisOptions`, although the type of a connector does not declare them.
    constructor(options: unknown) {
      super(options as SentinelConnectionOptions);
      // Private in the types. If it disappears, only the reason is lost.
      const inner = this as unknown as { connectToSentinel?: (at: unknown, more?: object) => unknown };
      const connectToSentinel = inner.connectToSentinel?.bind(this);
      if (connectToSentinel === undefined) return;
      const Connector = reportingConnector(ioredis, ofSentinel);
      inner.connectToSentinel = (at, more) => connectToSentinel(at, { ...more, Connector });
    }

    override async connect(
      ...emit: Parameters<InstanceType<Ioredis['SentinelConnector']>['connect']>
    ): ReturnType<InstanceType<Ioredis['SentinelConnector']>['connect']> {
      const stream = await super.connect(...emit);
      watchSocket(stream, this.options.tls !== undefined, ofMaster);
      limitReplies(stream);
      return stream;
    }
  };
}
