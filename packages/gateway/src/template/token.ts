/** `close` ends an action: `}}`; `space` separates arguments; `text` is outside of actions. */
export type TemplateTokenType =
  | 'text'
  | 'open'
  | 'close'
  | 'space'
  | 'identifier'
  | 'keyword'
  | 'boolean'
  | 'field'
  | 'variable'
  | 'dot'
  | 'number'
  | 'string'
  | 'declare'
  | 'assign'
  | 'pipe'
  | 'comma'
  | 'leftParen'
  | 'rightParen'
  | 'end of file';

export interface TemplateToken {
  readonly type: TemplateTokenType;
  /** As written; for a string its value, for a field or a variable without the leading `.` or `$`. */
  readonly text: string;
  /** Code units from the start of the source. */
  readonly offset: number;
}
