import {
  asText,
  braceFormatted,
  decodeNamedCharacters,
  indexed,
  isText,
  joined,
  percentFormatted,
  repeated,
  sequenceOf,
  sliced,
  textMethod,
} from './fold-text.ts';
import { attributeOf, foldBuiltin, member } from './fold-builtin.ts';
import { combineNumbers, negated } from './fold-number.ts';
import { resolve, positionOf, type Binding, type SymbolTable } from './scopes.ts';
import { pythonName, type Node, type NodeOf } from './tree.ts';
import {
  bounded,
  MAX_ALTERNATIVES,
  MAX_ITEMS,
  MAX_MEMBERS,
  numberOf,
  numberValue,
  someText,
  textValue,
  unknown,
  unknownValues,
  type Value,
  type Values,
} from './values.ts';

const MAX_DEPTH = 300;
const MAX_STEPS = 100_000;
const MAX_PAIRS = 64;
/** Around a cycle of names; most are settled at the second. */
const MAX_TURNS = 4;

/** Works out, without running anything and in bounded time, what an expression may be. */
export class Evaluator {
  /** A node that could not be followed within the limits: the program is then too tangled to be trusted. */
  gaveUpAt: Node | null = null;
  readonly #table: SymbolTable;
  /** The values of a node; while they are being worked out, at which depth that began. */
  readonly #known = new Map<Node, Values | number>();
  /** Of nodes on a cycle that is being worked out: their values as of this turn around it, and the depth it leads back to. */
  readonly #provisional = new Map<Node, { readonly values: Values; readonly cutAt: number }>();
  /** Of nodes that a cycle leads back to: what all turns up to now have said they may be. */
  readonly #soFar = new Map<Node, Values>();
  /** The nodes in the two maps above in the order they came in, so that a cycle can take away its own. */
  readonly #trail: Node[] = [];
  #hasLearnt = false;
  #depth = 0;
  #cutAt = Infinity;
  #steps = 0;

  constructor(table: SymbolTable) {
    this.#table = table;
  }

  valuesOf(node: Node): Values {
    const known = this.#known.get(node);
    if (typeof known === 'object') return known;
    if (known !== undefined) return this.#cut(node, known);
    const provisional = this.#provisional.get(node);
    if (provisional !== undefined) {
      this.#cutAt = Math.min(this.#cutAt, provisional.cutAt);
      return provisional.values;
    }
    this.#steps += 1;
    const depth = this.#depth;
    if (depth >= MAX_DEPTH || this.#steps > MAX_STEPS) {
      this.gaveUpAt ??= node;
      return unknownValues;
    }
    const outer = { cutAt: this.#cutAt, hasLearnt: this.#hasLearnt, trail: this.#trail.length };
    this.#known.set(node, depth);
    this.#depth = depth + 1;
    this.#cutAt = Infinity;
    this.#hasLearnt = false;
    let values = bounded(this.#evaluate(node));
    // So many functions under one name that some would be forgotten: nobody could tell which of them is meant.
    if (values.length > MAX_MEMBERS) this.gaveUpAt ??= node;
    if (this.#cutAt === depth) values = this.#settle(node, values, outer.trail);
    this.#depth = depth;
    if (this.#cutAt >= depth) {
      this.#known.set(node, values);
      this.#cutAt = outer.cutAt;
      this.#hasLearnt = outer.hasLearnt;
    } else {
      // Something further up is still being worked out: until it has been, this is the best answer, and then it is asked again.
      this.#known.delete(node);
      this.#learn(node, values);
      this.#provisional.set(node, { values, cutAt: this.#cutAt });
      this.#trail.push(node);
      this.#cutAt = Math.min(this.#cutAt, outer.cutAt);
      this.#hasLearnt ||= outer.hasLearnt;
    }
    return values;
  }

  /** The node is being worked out right now, so what it is depends on itself: what is known so far has to do. */
  #cut(node: Node, openAt: number): Values {
    this.#cutAt = Math.min(this.#cutAt, openAt);
    const soFar = this.#soFar.get(node);
    if (soFar !== undefined) return soFar;
    this.#soFar.set(node, unknownValues);
    this.#trail.push(node);
    return unknownValues;
  }

  /** Goes around a cycle, each time with what was learnt the time before, until nothing new comes of it. */
  #settle(head: Node, first: Values, from: number): Values {
    const headAt = this.#cutAt;
    let values = first;
    this.#learn(head, values);
    for (let turn = 0; turn < MAX_TURNS && this.#hasLearnt; turn += 1) {
      this.#hasLearnt = false;
      for (let at = from; at < this.#trail.length; at += 1) this.#forget(this.#provisional, at);
      values = bounded(this.#evaluate(head));
      this.#learn(head, values);
    }
    if (this.#cutAt < headAt) return values;
    for (let at = from; at < this.#trail.length; at += 1) {
      const node = this.#trail[at];
      const said = node === undefined ? undefined : this.#provisional.get(node);
      // What has settled is the truth for all of the cycle; what has not is asked again for each of its nodes.
      if (node !== undefined && said !== undefined && !this.#hasLearnt) this.#known.set(node, said.values);
      this.#forget(this.#provisional, at);
      this.#forget(this.#soFar, at);
    }
    this.#trail.length = from;
    return values;
  }

  #forget(of: Map<Node, unknown>, at: number): void {
    const node = this.#trail[at];
    if (node !== undefined) of.delete(node);
  }

  #learn(node: Node, values: Values): void {
    const soFar = this.#soFar.get(node);
    if (soFar === undefined || soFar.length >= MAX_ALTERNATIVES) return;
    const fresh = values.filter((value) => isNews(value, soFar));
    if (fresh.length === 0) return;
    this.#soFar.set(node, bounded([...soFar, ...fresh]));
    this.#hasLearnt = true;
  }

  #evaluate(node: Node): Values {
    switch (node.nodeType) {
      case 'Constant':
        return [constantValue(node)];
      case 'Name':
        return this.#name(node);
      case 'Attribute': {
        const bases = this.valuesOf(node.value);
        const [first] = bases;
        if (first?.kind === 'unknown' && bases.length === 1) return unknownValues;
        const name = pythonName(node.attr);
        return first !== undefined && bases.length === 1
          ? [attributeOf(first, name)]
          : bases.map((base) => attributeOf(base, name));
      }
      case 'JoinedStr':
        return this.#joinedString(node);
      case 'BinOp':
        return this.#binary(node);
      case 'UnaryOp':
        return node.op.nodeType === 'USub' ? this.valuesOf(node.operand).map(negated) : unknownValues;
      case 'IfExp':
        return [...this.valuesOf(node.body), ...this.valuesOf(node.orelse)];
      case 'BoolOp':
        return node.values.flatMap((value) => this.valuesOf(value));
      case 'NamedExpr':
        return this.valuesOf(node.value);
      case 'Tuple':
      case 'List':
      case 'Set':
        return this.#display(node.elts);
      case 'Subscript':
        return this.#subscript(node);
      case 'Call':
        return this.#call(node);
      case 'Lambda':
        return [{ kind: 'function', node }];
      default:
        return unknownValues;
    }
  }

  #name(node: NodeOf<'Name'>): Values {
    const scope = this.#table.scopeOf.get(node);
    if (scope === undefined) return unknownValues;
    const name = pythonName(node.id);
    const { bindings, mayBeBuiltin } = resolve(name, scope, positionOf(node));
    this.#steps += bindings.length;
    const [first] = bindings;
    const values =
      first !== undefined && bindings.length === 1
        ? this.#bound(first)
        : bindings.flatMap((binding) => this.#bound(binding));
    if (!mayBeBuiltin) return values;
    const star =
      bindings.length === 0 ? this.#table.starImports.map((path) => member(`${path}.${name}`)) : [];
    return [...values, ...star, member(`builtins.${name}`)];
  }

  #bound(binding: Binding): Values {
    switch (binding.kind) {
      case 'expression':
        return this.valuesOf(binding.node);
      case 'element':
        return this.valuesOf(binding.node).flatMap((value) =>
          value.kind === 'sequence' ? value.items.flat() : (sequenceOf(value) ?? unknownValues),
        );
      case 'import':
        return [member(binding.path)];
      case 'function':
        return [{ kind: 'function', node: binding.node }];
      case 'class':
        return [{ kind: 'class', node: binding.node }];
      case 'self':
        return this.#isPlainClass(binding.node, 0)
          ? [{ kind: 'instance', node: binding.node }]
          : unknownValues;
      case 'opaque':
        return unknownValues;
    }
  }

  #display(elements: readonly Node[]): Values {
    if (elements.length > MAX_ITEMS || elements.some((element) => element.nodeType === 'Starred'))
      return unknownValues;
    return [{ kind: 'sequence', items: elements.map((element) => this.valuesOf(element)) }];
  }

  #joinedString(node: NodeOf<'JoinedStr'>): Values {
    let prefixes: Values = [textValue('')];
    for (const part of node.values) {
      let pieces: Values = [someText];
      if (part.nodeType === 'Constant') pieces = this.valuesOf(part);
      else if (
        part.nodeType === 'FormattedValue' &&
        part.format_spec === undefined &&
        (part.conversion === -1 || part.conversion === 115)
      ) {
        pieces = this.valuesOf(part.value);
      }
      prefixes = pairs(prefixes, pieces, (left, right) => {
        const added = asText(right);
        return left.kind === 'text' && added !== null ? textValue(left.text + added) : someText;
      });
    }
    return prefixes;
  }

  #binary(node: NodeOf<'BinOp'>): Values {
    const operator = node.op.nodeType;
    return pairs(this.valuesOf(node.left), this.valuesOf(node.right), (left, right) => {
      if (operator === 'Add') {
        if (left.kind === 'text' && right.kind === 'text') return textValue(left.text + right.text);
        if (left.kind === 'bytes' && right.kind === 'bytes')
          return { kind: 'bytes', text: left.text + right.text };
        if (isText(left) || isText(right)) return someText;
        if (
          left.kind === 'sequence' &&
          right.kind === 'sequence' &&
          left.items.length + right.items.length <= MAX_ITEMS
        ) {
          return { kind: 'sequence', items: [...left.items, ...right.items] };
        }
      }
      if (operator === 'Mod' && left.kind === 'text') {
        return percentFormatted(
          left.text,
          right.kind === 'sequence' ? (sequenceOf(right) ?? [unknown]) : [right],
        );
      }
      if (operator === 'Mult' && left.kind === 'text' && right.kind === 'number')
        return repeated(left.text, right.number);
      if (operator === 'Mult' && left.kind === 'number' && right.kind === 'text')
        return repeated(right.text, left.number);
      if (isText(left) || (operator === 'Mult' && isText(right))) return someText;
      return left.kind === 'number' && right.kind === 'number'
        ? combineNumbers(operator, left.number, right.number)
        : unknown;
    });
  }

  #subscript(node: NodeOf<'Subscript'>): Values {
    const { slice } = node;
    if (node.value.nodeType === 'Dict') return node.value.values.flatMap((value) => this.valuesOf(value));
    const bases = this.valuesOf(node.value);
    if (slice.nodeType === 'Slice') {
      const bound = (part: Node | undefined) => (part === undefined ? null : numberOf(this.valuesOf(part)));
      const [from, to, step] = [bound(slice.lower), bound(slice.upper), bound(slice.step)];
      const isKnown = (part: Node | undefined, value: number | null) => part === undefined || value !== null;
      if (!isKnown(slice.lower, from) || !isKnown(slice.upper, to) || !isKnown(slice.step, step)) {
        return bases.map((base) => (isText(base) ? someText : unknown));
      }
      return bases.map((base) => sliced(base, from, to, step ?? 1));
    }
    const index = numberOf(this.valuesOf(slice));
    return bases.flatMap((base) => {
      if (base.kind === 'sequence') {
        if (index === null) return base.items.flat();
        return base.items[index < 0 ? base.items.length + index : index] ?? unknownValues;
      }
      if (index === null) return [isText(base) ? someText : unknown];
      return [indexed(base, index)];
    });
  }

  #call(node: NodeOf<'Call'>): Values {
    const callees = this.valuesOf(node.func);
    const isMethod = node.func.nodeType === 'Attribute';
    if (!isMethod && callees.length === 1 && callees[0]?.kind === 'unknown') return unknownValues;
    const results = callees.map((callee): Value => {
      if (callee.kind === 'class' && this.#isPlainClass(callee.node, 0))
        return { kind: 'instance', node: callee.node };
      return unknown;
    });
    const [callee] = callees;
    if (callees.length === 1 && callee?.kind === 'member' && callee.path.startsWith('builtins.')) {
      return this.#builtinCall(callee.path.slice('builtins.'.length), node) ?? results;
    }
    if (node.func.nodeType === 'Attribute') return this.#methodCall(node, node.func) ?? results;
    return results;
  }

  #methodCall(node: NodeOf<'Call'>, func: NodeOf<'Attribute'>): Values | undefined {
    const method = pythonName(func.attr);
    const bases = this.valuesOf(func.value);
    if (!bases.some((base) => isText(base) || base.kind === 'bytes')) return undefined;
    const args = node.args.map((arg) => this.valuesOf(arg));
    if (
      args.some((alternatives) => alternatives.length > 1) ||
      node.args.some((arg) => arg.nodeType === 'Starred')
    ) {
      return bases.map(
        (base) => textMethod(base.kind === 'text' ? someText : base, method, [unknown]) ?? unknown,
      );
    }
    const values = args.map(([value = unknown]) => value);
    return bases.map((base) => {
      if (base.kind === 'text' && method === 'join') {
        const items = sequenceOf(values[0] ?? unknown);
        return items === null ? someText : joined(base.text, items);
      }
      if (base.kind === 'text' && method === 'format') {
        const named = new Map<string, Value>();
        for (const keyword of node.keywords) {
          if (keyword.arg !== undefined)
            named.set(pythonName(keyword.arg), this.valuesOf(keyword.value)[0] ?? unknown);
        }
        const isPlain = node.keywords.every(
          (keyword) => keyword.arg !== undefined && this.valuesOf(keyword.value).length === 1,
        );
        return isPlain ? braceFormatted(base.text, values, named) : someText;
      }
      if (node.keywords.length > 0) return isText(base) ? someText : unknown;
      return textMethod(base, method, values) ?? unknown;
    });
  }

  #builtinCall(name: string, node: NodeOf<'Call'>): Values | undefined {
    if (node.keywords.length > 0 || node.args.some((arg) => arg.nodeType === 'Starred')) {
      return name === 'str' ? [someText] : undefined;
    }
    return foldBuiltin(
      name,
      node.args.map((arg) => this.valuesOf(arg)),
    );
  }

  /** Whether calling the class surely gives an instance of it: nothing in it decides otherwise. */
  #isPlainClass(node: NodeOf<'ClassDef'>, depth: number): boolean {
    if (depth > 8 || node.keywords.length > 0) return false;
    const definesNew = node.body.some(
      (statement) => statement.nodeType === 'FunctionDef' && pythonName(statement.name) === '__new__',
    );
    const isPlainDecorator = (decorator: Node) => {
      const callee = decorator.nodeType === 'Call' ? decorator.func : decorator;
      return this.valuesOf(callee).every(
        (value) => value.kind === 'member' && plainDecorators.has(value.path),
      );
    };
    const isPlainBase = (base: Node) =>
      this.valuesOf(base.nodeType === 'Subscript' ? base.value : base).every((value) =>
        value.kind === 'member'
          ? plainBases.has(value.path)
          : value.kind === 'class' && this.#isPlainClass(value.node, depth + 1),
      );
    return !definesNew && node.decorator_list.every(isPlainDecorator) && node.bases.every(isPlainBase);
  }
}

/**
 * Whether a cycle has to be gone around again for this. Numbers that go around count up for ever, and sequences are made anew each
 * time: the first of them, and that there may be others, is enough.
 */
function isNews(value: Value, soFar: Values): boolean {
  switch (value.kind) {
    case 'number':
      return false;
    case 'text':
    case 'bytes':
      return !soFar.some((one) => one.kind === value.kind && one.text === value.text);
    case 'member':
      return !soFar.some((one) => one.kind === 'member' && one.path === value.path);
    case 'function':
    case 'class':
    case 'instance':
      return !soFar.some((one) => one.kind === value.kind && one.node === value.node);
    case 'sequence':
    case 'unknown':
    case 'some-text':
      return !soFar.some((one) => one.kind === value.kind);
  }
}

const plainDecorators = new Set([
  'dataclasses.dataclass',
  'functools.total_ordering',
  'typing.final',
  'typing.runtime_checkable',
]);

const plainBases = new Set([
  'abc.ABC',
  'builtins.object',
  'builtins.Exception',
  'builtins.ValueError',
  'builtins.RuntimeError',
  'enum.Enum',
  'enum.IntEnum',
  'enum.StrEnum',
  'typing.Generic',
  'typing.NamedTuple',
  'typing.Protocol',
]);

function constantValue(node: NodeOf<'Constant'>): Value {
  const value = node.value as unknown;
  if (typeof value === 'number') return numberValue(value);
  if (typeof value === 'bigint') return numberValue(Number(value));
  if (typeof value !== 'string') return unknown;
  // The parser's word for an ellipsis.
  if (value === '...' && node.quote_style === undefined) return unknown;
  if (node.quote_style?.toLowerCase().includes('b') === true) {
    return value.length > MAX_ITEMS ? unknown : { kind: 'bytes', text: value };
  }
  const text = value.includes('\\N{') ? decodeNamedCharacters(value) : value;
  return text === null ? someText : textValue(text);
}

function pairs(left: Values, right: Values, combine: (left: Value, right: Value) => Value): Values {
  if (left.length * right.length > MAX_PAIRS)
    return left.some(isText) || right.some(isText) ? [someText] : unknownValues;
  return bounded(left.flatMap((one) => right.map((other) => combine(one, other))));
}
