import { errorCodes } from './error-code.ts';
import { frameTypes, priorityBytes } from './frame.ts';
import { settingBytes } from './settings.ts';

/** Checks the stream and the size that a type of frame requires (RFC 9113 section 6). @returns an error code; undefined when both are right. */
export function findFrameFault(
  type: number,
  streamId: number,
  length: number,
  isAck: boolean,
): number | undefined {
  switch (type) {
    case frameTypes.headers:
    case frameTypes.continuation:
      return streamId === 0 ? errorCodes.protocolError : undefined;
    case frameTypes.priority:
      return streamId === 0 ? errorCodes.protocolError : ofSize(length === priorityBytes);
    case frameTypes.reset:
      return streamId === 0 ? errorCodes.protocolError : ofSize(length === 4);
    case frameTypes.settings:
      return streamId !== 0
        ? errorCodes.protocolError
        : ofSize(isAck ? length === 0 : length % settingBytes === 0);
    case frameTypes.ping:
      return streamId !== 0 ? errorCodes.protocolError : ofSize(length === 8);
    case frameTypes.goaway:
      return streamId !== 0 ? errorCodes.protocolError : ofSize(length >= 8);
    case frameTypes.windowUpdate:
      return ofSize(length === 4);
    case frameTypes.pushPromise:
      // Clients never send it, and we tell servers not to.
      return errorCodes.protocolError;
    default:
      return undefined;
  }
}

const ofSize = (isRight: boolean): number | undefined => (isRight ? undefined : errorCodes.frameSizeError);
