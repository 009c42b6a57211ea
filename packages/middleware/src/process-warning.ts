/** Warns as Node.js does: on standard error, and to whoever listens to `process.on('warning')`. */
export function warnProcess(message: string, code: string): void {
  process.emitWarning(message, { type: 'GrantgateWarning', code });
}
