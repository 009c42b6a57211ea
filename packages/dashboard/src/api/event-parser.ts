/** An event of the stream, as the HTML standard reads `text/event-stream`. */
export interface StreamEvent {
  readonly name: string;
  readonly data: string;
}

/**
 * Reads `text/event-stream` from pieces that may end anywhere. `EventSource` does the same, but sends no `Authorization` header.
 */
export function createEventParser(onEvent: (event: StreamEvent) => void): (piece: string) => void {
  let rest = '';
  let name = '';
  let data: string[] = [];
  const readLine = (line: string): void => {
    if (line === '') {
      if (data.length > 0) onEvent({ name: name || 'message', data: data.join('\n') });
      name = '';
      data = [];
      return;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') name = value;
    else if (field === 'data') data.push(value);
  };
  return (piece) => {
    rest += piece;
    for (;;) {
      const [end] = /\r\n|\n|\r(?!$)/.exec(rest) ?? [];
      if (end === undefined) return;
      const at = rest.indexOf(end);
      readLine(rest.slice(0, at));
      rest = rest.slice(at + end.length);
    }
  };
}
