import { afterEach, beforeEach } from 'vitest';
import { startTestGateway, type TestGateway } from './gateway.testkit.ts';
import { startGrpcReceiver, startHttpReceiver, type OtlpReceiver } from './otlp.testkit.ts';

/** A receiver of OTLP, and gateways that export to it, for the tests of a file, which run in sequence. */
export interface OtlpStage {
  /** It uses HTTP until `useGrpc` is called. */
  readonly receiver: OtlpReceiver;
  /** Replaces the receiver by one over gRPC. */
  useGrpc(): Promise<void>;
  start(options: Parameters<typeof startTestGateway>[0]): Promise<TestGateway>;
  stop(gateway: TestGateway): Promise<void>;
}

/** Gives each test of the file a new receiver, and closes its gateways. */
export function openOtlpStage(): OtlpStage {
  let receiver: OtlpReceiver;
  const opened = new Set<TestGateway>();
  beforeEach(async () => {
    receiver = await startHttpReceiver();
  });
  afterEach(async () => {
    await Promise.all(Array.from(opened, (gateway) => gateway.close()));
    opened.clear();
    await receiver.close();
  });
  return {
    get receiver() {
      return receiver;
    },
    async useGrpc() {
      await receiver.close();
      receiver = await startGrpcReceiver();
    },
    async start(options) {
      const gateway = await startTestGateway(options);
      opened.add(gateway);
      return gateway;
    },
    async stop(gateway) {
      opened.delete(gateway);
      await gateway.close();
    },
  };
}
