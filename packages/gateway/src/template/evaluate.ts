import { callFunction } from './call-function.ts';
import type { BranchNode, Command, TemplateNode, Operand, Pipe, Template, TemplateCall } from './node.ts';
import { printValue } from './format.ts';
import type { Piece } from './rendered-text.ts';
import type { EnvLookUp, FunctionScope, TemplateFunction } from './template-function.ts';
import { TemplateFault } from './template-fault.ts';
import type { Value } from './value.ts';
import { isTrue } from './value.ts';
import { entriesOf, fieldsOf, sizeOf, toConstant } from './value-access.ts';

export interface EvaluateOptions {
  readonly functions: ReadonlyMap<string, TemplateFunction>;
  readonly env: (name: string) => EnvLookUp;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly limits: Limits;
}

/** Limits of a template, so that none can stop the gateway. */
export interface Limits {
  /** Maximum length of the rendered text, in code units. */
  readonly output: number;
  /** Maximum number of nodes visited and values created; a text counts by its length. */
  readonly steps: number;
}

/** Maximum nesting of template calls. */
const maxCalls = 200;

/** A value that may contain text from an environment variable. */
interface Datum {
  readonly value: Value;
  readonly isFromEnv: boolean;
}

interface Variable extends Datum {
  readonly name: string;
}

/** Variables and data in scope of a part of a template. */
interface Frame {
  readonly dot: Datum;
  /** Innermost last. Parts of a template share the list and remove their own additions. */
  readonly variables: Variable[];
  readonly calls: number;
}

type Jump = 'break' | 'continue' | undefined;

/**
 * Renders a template with the data that Traefik passes to its files: `.` and `$` are `false`.
 *
 * @throws TemplateFault
 */
export function evaluate(template: Template, options: EvaluateOptions): readonly Piece[] {
  const evaluator = new Evaluator(template, options);
  const dot: Datum = { value: false, isFromEnv: false };
  evaluator.walk(template.body, { dot, variables: [{ name: '', ...dot }], calls: 0 });
  return evaluator.pieces;
}

class Evaluator {
  readonly pieces: Piece[] = [];
  private readonly template: Template;
  private readonly options: EvaluateOptions;
  private readonly scope: FunctionScope;
  private length = 0;
  private stepsLeft: number;
  /** Offset of the current part, for faults about limits. */
  private offset = 0;
  /** Whether the current pipeline has read an environment variable, or a value derived from one. */
  private isFromEnv = false;

  constructor(template: Template, options: EvaluateOptions) {
    this.template = template;
    this.options = options;
    this.stepsLeft = options.limits.steps;
    this.scope = {
      env: (name) => {
        this.isFromEnv = true;
        return options.env(name);
      },
      now: options.now,
      work: (steps) => this.work(steps),
    };
  }

  walk(nodes: readonly TemplateNode[], frame: Frame): Jump {
    for (const node of nodes) {
      const jump = this.visit(node, frame);
      if (jump !== undefined) return jump;
    }
    return undefined;
  }

  private visit(node: TemplateNode, frame: Frame): Jump {
    this.work(1);
    switch (node.kind) {
      case 'text':
        this.write({ text: node.text, offset: node.offset, isCopy: true, isFromEnv: false });
        return undefined;
      case 'action': {
        const { value, isFromEnv } = this.pipe(node.pipe, frame);
        if (node.pipe.variables.length === 0)
          this.write({ text: printValue(value), offset: node.offset, isCopy: false, isFromEnv });
        return undefined;
      }
      case 'break':
      case 'continue':
        return node.kind;
      case 'template':
        this.call(node, frame);
        return undefined;
      case 'range':
        return this.range(node, frame);
      default: {
        const mark = frame.variables.length;
        const condition = this.pipe(node.pipe, frame);
        const isChosen = isTrue(condition.value);
        const dot = isChosen && node.kind === 'with' ? condition : frame.dot;
        const jump = this.walk(isChosen ? node.body : (node.otherwise ?? []), { ...frame, dot });
        frame.variables.length = mark;
        return jump;
      }
    }
  }

  private call({ name, pipe, offset }: TemplateCall, frame: Frame): void {
    const body = this.template.defined.get(name);
    if (body === undefined)
      throw new TemplateFault(`the template ${JSON.stringify(name)} is not defined`, offset);
    if (frame.calls >= maxCalls)
      throw new TemplateFault(`templates call one another more than ${maxCalls} deep`, offset);
    const dot = pipe === undefined ? { value: null, isFromEnv: false } : this.pipe(pipe, frame);
    this.walk(body, { dot, variables: [{ name: '', ...dot }], calls: frame.calls + 1 });
  }

  private range(node: BranchNode, frame: Frame): Jump {
    const { pipe, body, otherwise } = node;
    const { variables } = frame;
    const mark = variables.length;
    const { value, isFromEnv } = this.pipe(pipe, frame);
    const bodyMark = variables.length;
    const [first, second] = pipe.variables;
    const assign = (name: string | undefined, index: number, item: Value): void => {
      if (name === undefined) return;
      if (pipe.isAssignment) this.assign(name, { value: item, isFromEnv }, frame, pipe.offset);
      else variables[bodyMark - index] = { name, value: item, isFromEnv };
    };
    let isEmpty = true;
    for (const [key, item] of entriesOf(value, pipe)) {
      isEmpty = false;
      this.work(1);
      if (second === undefined) assign(first, 1, item);
      else {
        assign(first, 2, key);
        assign(second, 1, item);
      }
      const jump = this.walk(body, { ...frame, dot: { value: item, isFromEnv } });
      variables.length = bodyMark;
      if (jump === 'break') break;
    }
    variables.length = bodyMark;
    const jump = isEmpty ? this.walk(otherwise ?? [], frame) : undefined;
    variables.length = mark;
    return jump;
  }

  private assign(name: string, sourced: Datum, { variables }: Frame, offset: number): void {
    for (let at = variables.length - 1; at >= 0; at -= 1)
      if (variables[at]?.name === name) {
        variables[at] = { name, ...sourced };
        return;
      }
    throw new TemplateFault(`undefined variable $${name}`, offset);
  }

  private pipe(pipe: Pipe, frame: Frame): Datum {
    const outer = this.isFromEnv;
    this.isFromEnv = false;
    this.offset = pipe.offset;
    let value: Value | undefined;
    for (const command of pipe.commands) value = this.command(command, frame, value);
    const sourced = { value: value ?? null, isFromEnv: this.isFromEnv };
    this.isFromEnv ||= outer;
    // A range assigns its variables itself.
    for (const name of pipe.variables)
      if (pipe.isAssignment) this.assign(name, sourced, frame, pipe.offset);
      else frame.variables.push({ name, ...sourced });
    return sourced;
  }

  /** @param last the value of the previous command. */
  private command({ operands }: Command, frame: Frame, last: Value | undefined): Value {
    const [first, ...args] = operands;
    if (first.kind === 'function') return this.function(first, args, frame, last);
    if (args.length > 0 || last !== undefined)
      throw new TemplateFault('expected a function before arguments', first.offset);
    if (first.kind === 'nil') throw new TemplateFault('nil is not a command', first.offset);
    return this.operand(first, frame);
  }

  private function(
    { name, offset }: Operand & { kind: 'function' },
    args: readonly Operand[],
    frame: Frame,
    last: Value | undefined,
  ): Value {
    const called = this.options.functions.get(name);
    if (called === undefined) throw new TemplateFault(`the function ${name} is not supported`, offset);
    this.work(1);
    if (name === 'and' || name === 'or') return this.either(name, args, frame, last, offset);
    const given = args.map((operand) => ({
      value: this.operand(operand, frame),
      literal: operand.kind === 'number' ? operand.number : undefined,
    }));
    if (last !== undefined) given.push({ value: last, literal: undefined });
    this.offset = offset;
    const result = callFunction(name, called, given, this.scope, offset);
    this.work(sizeOf(result));
    return result;
  }

  /** The first value that determines the result, or the last one; later values are not evaluated. */
  private either(
    name: 'and' | 'or',
    args: readonly Operand[],
    frame: Frame,
    last: Value | undefined,
    offset: number,
  ): Value {
    let value: Value | undefined;
    for (const operand of args) {
      value = this.operand(operand, frame);
      if (isTrue(value) === (name === 'or')) return value;
    }
    const result = last ?? value;
    if (result === undefined) throw new TemplateFault(`${name}: expected at least 1 argument`, offset);
    return result;
  }

  private operand(operand: Operand, frame: Frame): Value {
    const { offset } = operand;
    switch (operand.kind) {
      case 'function':
        return this.function(operand, [], frame, undefined);
      case 'dot':
        return this.read(frame.dot);
      case 'nil':
        return null;
      case 'field':
        return fieldsOf(this.read(frame.dot), operand.fields, offset, true);
      case 'variable': {
        const variable = frame.variables.findLast(({ name }) => name === operand.name);
        if (variable === undefined) throw new TemplateFault(`undefined variable $${operand.name}`, offset);
        return fieldsOf(this.read(variable), operand.fields, offset);
      }
      case 'boolean':
      case 'string':
        return operand.value;
      case 'number':
        return toConstant(operand.number);
      case 'pipe':
        return fieldsOf(this.pipe(operand.pipe, frame).value, operand.fields, offset);
    }
  }

  private read({ value, isFromEnv }: Datum): Value {
    this.isFromEnv ||= isFromEnv;
    return value;
  }

  private write(piece: Piece): void {
    this.length += piece.text.length;
    if (this.length > this.options.limits.output)
      throw new TemplateFault(
        `renders more than ${Math.floor(this.options.limits.output / 2 ** 20)} MiB`,
        piece.offset,
      );
    if (piece.text !== '') this.pieces.push(piece);
  }

  private work(steps: number): void {
    this.stepsLeft -= steps;
    if (this.stepsLeft < 0) throw new TemplateFault('takes too many steps: it may never end', this.offset);
  }
}
