import type { Command, TemplateNode, Operand, Pipe, Template } from './node.ts';
import { readNumberLiteral } from './number-literal.ts';
import { TemplateFault } from './template-fault.ts';
import type { TemplateToken } from './token.ts';
import { TokenStream } from './token-stream.ts';
import { describeUnknown } from './unknown-function.ts';

/** Maximum nesting of blocks and parentheses. */
const maxDepth = 250;

/**
 * Parses the tokens of a template.
 *
 * @param functions names of the available functions.
 * @throws TemplateFault
 */
export function parseTemplate(tokens: readonly TemplateToken[], functions: ReadonlySet<string>): Template {
  return new Parser(tokens, functions).parse();
}

/** The action that ends a list of nodes. */
type End = 'end' | 'else' | 'end of file';

/** Recursive descent with the grammar of `text/template/parse`. */
class Parser {
  private readonly tokens: TokenStream;
  private readonly functions: ReadonlySet<string>;
  private depth = 0;
  private ranges = 0;
  /** Variables in scope. */
  private variables: string[] = [''];
  private readonly defined = new Map<string, readonly TemplateNode[]>();

  constructor(tokens: readonly TemplateToken[], functions: ReadonlySet<string>) {
    this.tokens = new TokenStream(tokens);
    this.functions = functions;
  }

  parse(): Template {
    const { nodes } = this.list(['end of file'], true);
    return { body: nodes, defined: this.defined };
  }

  private nested<T>(read: () => T): T {
    if (this.depth >= maxDepth)
      throw new TemplateFault(`is nested deeper than ${maxDepth}`, this.tokens.token.offset);
    this.depth += 1;
    const result = read();
    this.depth -= 1;
    return result;
  }

  /** Reads up to one of `ends` and past its action, except for `else if` and `else with`. */
  private list(
    ends: readonly End[],
    isTop = false,
  ): { readonly nodes: readonly TemplateNode[]; readonly end: End } {
    const nodes: TemplateNode[] = [];
    for (;;) {
      const token = this.tokens.next();
      if (token.type === 'text') {
        nodes.push({ kind: 'text', text: token.text, offset: token.offset });
        continue;
      }
      if (token.type === 'end of file') {
        if (!ends.includes('end of file')) throw new TemplateFault('expected {{ end }}', token.offset);
        return { nodes, end: 'end of file' };
      }
      this.tokens.skipSpace();
      if (this.tokens.isKeyword('end', 'else')) {
        const end = this.tokens.token.text as End;
        if (!ends.includes(end)) throw new TemplateFault(`unexpected {{ ${end} }}`, token.offset);
        this.tokens.at += 1;
        this.tokens.skipSpace();
        if (end === 'end' || !this.tokens.isKeyword('if', 'with')) this.tokens.expectClose(end);
        return { nodes, end };
      }
      if (isTop && this.tokens.isKeyword('define')) this.define();
      else nodes.push(this.nested(() => this.action(token.offset)));
    }
  }

  private define(): void {
    this.tokens.at += 1;
    const name = this.templateName('define');
    this.tokens.expectClose('define');
    this.addDefinition(name, this.definition());
  }

  /** The body of a separate template, in which only `$` is in scope. */
  private definition(): readonly TemplateNode[] {
    const { variables, ranges } = this;
    this.variables = [''];
    this.ranges = 0;
    const { nodes } = this.nested(() => this.list(['end']));
    this.variables = variables;
    this.ranges = ranges;
    return nodes;
  }

  private addDefinition(name: string, nodes: readonly TemplateNode[]): void {
    // As in Go, a definition replaces an earlier empty one, and an empty definition replaces nothing.
    const isEmpty = nodes.every((node) => node.kind === 'text' && node.text.trim() === '');
    const before = this.defined.get(name);
    if (before === undefined || before.length === 0) this.defined.set(name, nodes);
    else if (!isEmpty)
      throw new TemplateFault(
        `the template ${JSON.stringify(name)} is defined twice`,
        this.tokens.token.offset,
      );
  }

  private templateName(context: string): string {
    const token = this.tokens.skipSpace();
    if (token.type !== 'string') throw this.tokens.unexpected(token, context);
    this.tokens.at += 1;
    return token.text;
  }

  private action(offset: number): TemplateNode {
    const word = this.tokens.token.type === 'keyword' ? this.tokens.token.text : undefined;
    if (word === undefined || word === 'nil')
      return { kind: 'action', pipe: this.pipe('an action', 'close'), offset };
    const { offset: at } = this.tokens.next();
    switch (word) {
      case 'if':
      case 'with':
      case 'range':
        return this.branch(word);
      case 'break':
      case 'continue':
        this.tokens.expectClose(word);
        if (this.ranges === 0) throw new TemplateFault(`{{ ${word} }} is outside of a range`, at);
        return { kind: word };
      case 'template': {
        const name = this.templateName(word);
        const isBare = this.tokens.skipSpace().type === 'close';
        if (isBare) this.tokens.at += 1;
        return { kind: 'template', name, pipe: isBare ? undefined : this.pipe(word, 'close'), offset };
      }
      case 'block': {
        const name = this.templateName(word);
        const pipe = this.pipe(word, 'close');
        this.addDefinition(name, this.definition());
        return { kind: 'template', name, pipe, offset };
      }
      default:
        throw new TemplateFault(`unexpected ${word}`, at);
    }
  }

  private branch(kind: 'if' | 'with' | 'range'): TemplateNode {
    const scope = this.variables.length;
    const pipe = this.pipe(kind, 'close');
    if (kind === 'range') this.ranges += 1;
    const { nodes: body, end } = this.list(['end', 'else']);
    if (kind === 'range') this.ranges -= 1;
    let otherwise: readonly TemplateNode[] | undefined;
    if (end === 'else') {
      if (this.tokens.isKeyword('if', 'with')) {
        const word = this.tokens.next().text as 'if' | 'with';
        if (word !== kind)
          throw new TemplateFault(`unexpected else ${word} in ${kind}`, this.tokens.token.offset);
        // Its {{ end }} ends this branch as well.
        otherwise = [this.nested(() => this.branch(word))];
      } else otherwise = this.list(['end']).nodes;
    }
    this.variables.length = scope;
    return { kind, pipe, body, otherwise };
  }

  private pipe(context: string, end: 'close' | 'rightParen'): Pipe {
    const { offset } = this.tokens.skipSpace();
    const { variables, isAssignment } = this.declarations(context);
    const commands: Command[] = [];
    for (;;) {
      const token = this.tokens.skipSpace();
      if (token.type === end) break;
      const command = this.command();
      if (command === undefined) throw this.tokens.unexpected(token, context);
      const { kind } = command.operands[0];
      if (commands.length > 0 && ['boolean', 'dot', 'nil', 'number', 'string'].includes(kind))
        throw new TemplateFault('expected a function after |', token.offset);
      commands.push(command);
    }
    if (commands.length === 0)
      throw new TemplateFault(`expected a value in ${context}`, this.tokens.token.offset);
    this.tokens.at += 1;
    return { variables, isAssignment, commands, offset };
  }

  private declarations(context: string): Pick<Pipe, 'variables' | 'isAssignment'> {
    const variables: string[] = [];
    const start = this.tokens.at;
    while (this.tokens.skipSpace().type === 'variable') {
      variables.push(this.tokens.next().text);
      const { type } = this.tokens.skipSpace();
      const isLast = type === 'declare' || type === 'assign';
      if (isLast || (type === 'comma' && context === 'range' && variables.length < 2)) {
        this.tokens.at += 1;
        // As in Go, an assignment declares a name too.
        if (isLast) {
          this.variables.push(...variables);
          return { variables, isAssignment: type === 'assign' };
        }
        continue;
      }
      break;
    }
    if (variables.length > 1 || this.tokens.token.type === 'comma')
      throw this.tokens.unexpected(this.tokens.token, context);
    this.tokens.at = start;
    return { variables: [], isAssignment: false };
  }

  private command(): Command | undefined {
    const operands: Operand[] = [];
    for (;;) {
      this.tokens.skipSpace();
      const operand = this.operand();
      if (operand !== undefined) operands.push(operand);
      const { token } = this.tokens;
      if (token.type === 'space') continue;
      if (token.type === 'pipe') this.tokens.at += 1;
      else if (token.type !== 'close' && token.type !== 'rightParen')
        throw this.tokens.unexpected(token, 'an argument');
      const [first, ...others] = operands;
      return first && { operands: [first, ...others] };
    }
  }

  private operand(): Operand | undefined {
    const operand = this.term();
    const fields = this.fields();
    if (operand === undefined || fields.length === 0) return operand;
    switch (operand.kind) {
      case 'field':
      case 'variable':
      case 'pipe':
        return { ...operand, fields: [...operand.fields, ...fields] };
      case 'function': {
        const command: Command = { operands: [operand] };
        const { offset } = operand;
        return {
          kind: 'pipe',
          pipe: { variables: [], isAssignment: false, commands: [command], offset },
          fields,
          offset,
        };
      }
      default:
        throw new TemplateFault(`unexpected .${fields[0] ?? ''}`, operand.offset);
    }
  }

  private fields(): readonly string[] {
    const fields: string[] = [];
    while (this.tokens.token.type === 'field') fields.push(this.tokens.next().text);
    return fields;
  }

  private term(): Operand | undefined {
    const { type, text, offset } = this.tokens.token;
    this.tokens.at += 1;
    switch (type) {
      case 'identifier':
        if (!this.functions.has(text)) throw new TemplateFault(describeUnknown(text, this.functions), offset);
        return { kind: 'function', name: text, offset };
      case 'dot':
        return { kind: 'dot', offset };
      case 'field':
        return { kind: 'field', fields: [text], offset };
      case 'variable':
        if (!this.variables.includes(text)) throw new TemplateFault(`undefined variable $${text}`, offset);
        return { kind: 'variable', name: text, fields: [], offset };
      case 'boolean':
        return { kind: 'boolean', value: text === 'true', offset };
      case 'string':
        return { kind: 'string', value: text, offset };
      case 'number': {
        const number = readNumberLiteral(text);
        if (number === undefined) throw new TemplateFault('malformed number', offset);
        return { kind: 'number', number, offset };
      }
      case 'leftParen':
        return {
          kind: 'pipe',
          pipe: this.nested(() => this.pipe('parentheses', 'rightParen')),
          fields: [],
          offset,
        };
      case 'keyword':
        if (text === 'nil') return { kind: 'nil', offset };
        break;
      default:
    }
    this.tokens.at -= 1;
    return undefined;
  }
}
