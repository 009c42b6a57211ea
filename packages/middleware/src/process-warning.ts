/** Emits a warning of Node.js: on standard error, and to listeners of `process.on('warning')`. */
export function warnProcess(message: string, code: string): void {
  process.emitWarning(message, { type: 'GrantgateWarning', code });
}

/** A listener of an application, whose errors become warnings. @param option by which the application passed it. */
export function createListener<Event>(
  option: string,
  listener: (event: Event) => void,
): (event: Event) => void {
  return (event) => {
    try {
      listener(event);
    } catch (error) {
      warnProcess(`${option}: ${error instanceof Error ? error.message : String(error)}`, 'listener_failed');
    }
  };
}
