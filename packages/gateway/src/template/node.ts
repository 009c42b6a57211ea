/** A part of a template; `offset` counts code units from the start of the source. */
export type TemplateNode = TextNode | ActionNode | BranchNode | TemplateCall | JumpNode;

export interface TextNode {
  readonly kind: 'text';
  readonly text: string;
  readonly offset: number;
}

/** Writes the value of a pipeline, unless it declares or assigns variables. */
export interface ActionNode {
  readonly kind: 'action';
  readonly pipe: Pipe;
  /** Offset of `{{`. */
  readonly offset: number;
}

export interface BranchNode {
  readonly kind: 'if' | 'with' | 'range';
  readonly pipe: Pipe;
  readonly body: readonly TemplateNode[];
  readonly otherwise: readonly TemplateNode[] | undefined;
}

/** Renders a template defined by `define` or `block`. */
export interface TemplateCall {
  readonly kind: 'template';
  readonly name: string;
  readonly pipe: Pipe | undefined;
  readonly offset: number;
}

export interface JumpNode {
  readonly kind: 'break' | 'continue';
}

/** Commands; each receives the value of the previous one as its last argument. */
export interface Pipe {
  /** Variables to set, without `$`; two in a `range`. */
  readonly variables: readonly string[];
  /** Whether existing variables are assigned: `=`, not `:=`. */
  readonly isAssignment: boolean;
  readonly commands: readonly Command[];
  readonly offset: number;
}

export interface Command {
  /** Either the first operand is a function, or it is the only one. */
  readonly operands: readonly [Operand, ...Operand[]];
}

export type Operand = { readonly offset: number } & (
  | { readonly kind: 'function'; readonly name: string }
  | { readonly kind: 'dot' | 'nil' }
  | { readonly kind: 'field'; readonly fields: readonly string[] }
  | { readonly kind: 'variable'; readonly name: string; readonly fields: readonly string[] }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'number'; readonly number: NumberLiteral }
  | { readonly kind: 'pipe'; readonly pipe: Pipe; readonly fields: readonly string[] }
);

/** A number as written, with its value as an integer and as a floating-point number where valid. */
export interface NumberLiteral {
  readonly int: bigint | undefined;
  readonly float: number | undefined;
  /** Whether it is written in floating-point form. */
  readonly isFloat: boolean;
}

/** A template and the templates that it defines, by name. */
export interface Template {
  readonly body: readonly TemplateNode[];
  readonly defined: ReadonlyMap<string, readonly TemplateNode[]>;
}
