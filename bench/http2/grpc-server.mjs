// The gRPC service behind every contender, in its own process: `grpc-server.mjs PORT`. It returns each message.
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { grpcPath } from './cases.mjs';

const same = (bytes) => bytes;
const unary = {
  path: grpcPath,
  requestStream: false,
  responseStream: false,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
};
const server = new Server();
// The headers that the service receives, for the check before the run.
server.addService(
  { unary },
  {
    unary({ request, metadata }, respond) {
      const [authorization = ''] = metadata.get('authorization');
      const [asks] = metadata.get('x-check');
      respond(null, asks === undefined ? request : Buffer.from(String(authorization)));
    },
  },
);
server.bindAsync(`127.0.0.1:${process.argv[2]}`, ServerCredentials.createInsecure(), (error) => {
  if (error) throw error;
});
