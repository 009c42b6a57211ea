/** Position of a node in the source, in UTF-16 code units from 0. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** One string argument of a call, unquoted. */
export interface Argument extends Span {
  readonly value: string;
}

export interface Call extends Span {
  readonly kind: 'call';
  /** As written. */
  readonly name: string;
  readonly args: readonly Argument[];
}

export interface Not extends Span {
  readonly kind: 'not';
  readonly operand: Node;
}

/** `&&` or `||` over two or more operands. */
export interface Group extends Span {
  readonly kind: 'and' | 'or';
  readonly operands: readonly Node[];
}

export type Node = Call | Not | Group;
