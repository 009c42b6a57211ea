import type { MethodDefinition } from '@grpc/grpc-js';

/** Serializes messages that are bytes already. */
export const sameBytes = (bytes: Buffer): Buffer => bytes;

/** A method of gRPC whose messages are bytes. @param path such as `/helloworld.Greeter/SayHello`. */
export const toBytesMethod = (
  path: string,
  requestStream = false,
  responseStream = false,
): MethodDefinition<Buffer, Buffer> => ({
  path,
  requestStream,
  responseStream,
  requestSerialize: sameBytes,
  requestDeserialize: sameBytes,
  responseSerialize: sameBytes,
  responseDeserialize: sameBytes,
});
