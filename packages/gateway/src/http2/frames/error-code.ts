/** Why a stream or a connection ends (RFC 9113 section 7). */
export const errorCodes = Object.freeze({
  noError: 0,
  protocolError: 1,
  internalError: 2,
  flowControlError: 3,
  settingsTimeout: 4,
  streamClosed: 5,
  frameSizeError: 6,
  refusedStream: 7,
  cancel: 8,
  compressionError: 9,
  connectError: 10,
  enhanceYourCalm: 11,
  inadequateSecurity: 12,
  http11Required: 13,
});

/** As the RFC writes it, such as `FLOW_CONTROL_ERROR`; the number of one that it does not define. */
export function nameOfErrorCode(code: number): string {
  const [name] = Object.entries(errorCodes).find(([, known]) => known === code) ?? [];
  if (name === undefined) return String(code);
  return name === 'http11Required' ? 'HTTP_1_1_REQUIRED' : name.replace(/[A-Z]/g, '_$&').toUpperCase();
}
