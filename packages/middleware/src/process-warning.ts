/** Emits a warning of Node.js: on standard error, and to listeners of `process.on('warning')`. */
export function warnProcess(message: string, code: string): void {
  process.emitWarning(message, { type: 'GrantgateWarning', code });
}
