import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** The two ends of one connection over TCP. */
export interface SocketPair {
  /** The server's end; nothing has been read from it. */
  readonly accepted: Socket;
  readonly caller: Socket;
  readonly close: () => void;
}

export async function openSocketPair(): Promise<SocketPair> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const caller = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [accepted] = (await once(server, 'connection')) as [Socket];
  return {
    accepted,
    caller,
    close() {
      caller.destroy();
      accepted.destroy();
      server.close();
    },
  };
}
