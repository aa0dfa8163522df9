import {
  childrenOf,
  pythonName,
  type ComprehensionNode,
  type FunctionNode,
  type Node,
  type NodeOf,
} from './tree.ts';

/** Where a name may have got its value from. */
export type Binding =
  | { readonly kind: 'expression'; readonly node: Node }
  /** One of the elements of this iterable. */
  | { readonly kind: 'element'; readonly node: Node }
  | { readonly kind: 'import'; readonly path: string }
  | { readonly kind: 'function'; readonly node: Node }
  | { readonly kind: 'class'; readonly node: NodeOf<'ClassDef'> }
  | { readonly kind: 'self'; readonly node: NodeOf<'ClassDef'> }
  | { readonly kind: 'opaque' };

const opaque: Binding = { kind: 'opaque' };

export class Scope {
  readonly bindings = new Map<string, Binding[]>();
  /** Names that an unconditional statement of a module or class body binds, with the position from which on they are bound. */
  readonly certainFrom = new Map<string, number>();
  readonly deleted = new Set<string>();
  readonly globals = new Set<string>();
  readonly nonlocals = new Set<string>();
  readonly kind: 'module' | 'class' | 'function' | 'comprehension';
  readonly parent: Scope | null;

  constructor(kind: Scope['kind'], parent: Scope | null) {
    this.kind = kind;
    this.parent = parent;
  }

  bind(name: string, binding: Binding): void {
    const known = this.bindings.get(name);
    if (known === undefined) this.bindings.set(name, [binding]);
    else known.push(binding);
  }
}

/** A node in its surroundings, in the order of the source. */
interface VisitOf<Kind extends Node['nodeType']> {
  /** The node's own `nodeType`. Nodes come in a hundred shapes and visits in one, which makes it many times faster to read here. */
  readonly kind: Kind;
  readonly node: NodeOf<Kind>;
  readonly parent: Visit | null;
  readonly scope: Scope;
}
export type Visit = { [Kind in Node['nodeType']]: VisitOf<Kind> }[Node['nodeType']];

function visitOf(node: Node, parent: Visit | null, scope: Scope): Visit {
  return { kind: node.nodeType, node, parent, scope } as Visit;
}

export interface SymbolTable {
  readonly visits: readonly Visit[];
  /** In which scope a name is looked up. */
  readonly scopeOf: ReadonlyMap<NodeOf<'Name'>, Scope>;
  /** Modules whose names all came in by `from m import *`. */
  readonly starImports: readonly string[];
  /** Every module that is imported from or under its own name. */
  readonly imported: ReadonlySet<string>;
}

export interface Resolution {
  readonly bindings: readonly Binding[];
  /** At run time the name may be the builtin of that name: nothing certain shadows it here. */
  readonly mayBeBuiltin: boolean;
}

/** Where a node begins, as one number that grows through the source. */
export function positionOf(node: Node): number {
  return (node.lineno ?? 0) * 100_000 + (node.col_offset ?? 0);
}

/** From where on the name that a statement binds is bound: a function's own body sees it, its decorators and defaults do not. */
function boundFrom(statement: Node): number {
  if (statement.nodeType === 'FunctionDef' || statement.nodeType === 'AsyncFunctionDef') {
    const first = statement.body[0];
    return first === undefined ? Infinity : positionOf(first) - 1;
  }
  return (statement.end_lineno ?? Infinity) * 100_000 + (statement.end_col_offset ?? 0);
}

/** Walks the tree without recursion (chains of 10⁵ nodes nest) and notes who binds which name where. */
export function buildSymbolTable(module: NodeOf<'Module'>): SymbolTable {
  return new SymbolTableBuilder().build(module);
}

class SymbolTableBuilder {
  readonly #root = new Scope('module', null);
  readonly #visits: Visit[] = [];
  readonly #scopeOf = new Map<NodeOf<'Name'>, Scope>();
  readonly #starImports: string[] = [];
  readonly #imported = new Set<string>();
  readonly #sourceOf = new Map<Node, Binding>();
  readonly #hoisted = new Set<Node>();
  readonly #nonlocalBindings: { scope: Scope; name: string; binding: Binding }[] = [];
  readonly #stack: Visit[] = [];
  /** What the node that is being entered leads to, in the order of the source. */
  readonly #entered: Visit[] = [];

  build(module: NodeOf<'Module'>): SymbolTable {
    this.#stack.push(visitOf(module, null, this.#root));
    for (let visit = this.#stack.pop(); visit !== undefined; visit = this.#stack.pop()) {
      this.#visits.push(visit);
      this.#enter(visit);
      // The stack gives the last first.
      for (let at = this.#entered.length - 1; at >= 0; at -= 1) {
        const entered = this.#entered[at];
        if (entered !== undefined) this.#stack.push(entered);
      }
      this.#entered.length = 0;
    }
    for (const { scope, name, binding } of this.#nonlocalBindings) ownerOf(scope, name)?.bind(name, binding);
    return {
      visits: this.#visits,
      scopeOf: this.#scopeOf,
      starImports: this.#starImports,
      imported: this.#imported,
    };
  }

  #enter(visit: Visit): void {
    const { scope } = visit;
    switch (visit.kind) {
      case 'Name':
        this.#scopeOf.set(visit.node, scope);
        return this.#bindName(visit.node, visit);
      case 'Constant':
        return;
      case 'Attribute':
      case 'Keyword':
      case 'Expr':
        return this.#push(visit.node.value, visit, scope);
      case 'Call': {
        const { func, args, keywords } = visit.node;
        this.#push(func, visit, scope);
        for (const arg of args) this.#push(arg, visit, scope);
        for (const keyword of keywords) this.#push(keyword, visit, scope);
        return;
      }
      case 'Subscript':
        this.#push(visit.node.value, visit, scope);
        return this.#push(visit.node.slice, visit, scope);
      case 'BinOp':
        this.#push(visit.node.left, visit, scope);
        return this.#push(visit.node.right, visit, scope);
      case 'FunctionDef':
      case 'AsyncFunctionDef':
        this.#bindStatement(visit, visit.node.name, { kind: 'function', node: visit.node });
        return this.#enterFunction(visit, visit.node);
      case 'Lambda':
        return this.#enterFunction(visit, visit.node);
      case 'ClassDef':
        return this.#enterClass(visit, visit.node);
      case 'ListComp':
      case 'SetComp':
      case 'DictComp':
      case 'GeneratorExp':
        return this.#enterComprehension(visit, visit.node);
      case 'Global':
        for (const name of visit.node.names) scope.globals.add(pythonName(name));
        return;
      case 'Nonlocal':
        for (const name of visit.node.names) scope.nonlocals.add(pythonName(name));
        return;
      case 'Import':
        for (const alias of visit.node.names) this.#import(visit, alias);
        break;
      case 'ImportFrom':
        this.#importFrom(visit, visit.node);
        break;
      default:
        this.#noteSources(visit);
        this.#bindPattern(visit);
    }
    for (const child of childrenOf(visit.node)) this.#push(child, visit, scope);
  }

  #enterClass(visit: Visit, node: NodeOf<'ClassDef'>): void {
    const { scope } = visit;
    this.#bindStatement(visit, node.name, { kind: 'class', node });
    const inner = new Scope('class', scope);
    for (const header of [node.bases, node.keywords, node.decorator_list, node.type_params])
      for (const child of header) this.#push(child, visit, scope);
    for (const child of node.body) this.#push(child, visit, inner);
  }

  #push(node: Node, parent: Visit, scope: Scope): void {
    this.#entered.push(visitOf(node, parent, scope));
  }

  #enterFunction(visit: Visit, node: FunctionNode): void {
    const inner = new Scope('function', visit.scope);
    const { args } = node;
    const parameters = [
      ...args.posonlyargs,
      ...args.args,
      args.vararg,
      ...args.kwonlyargs,
      args.kwarg,
    ].filter((parameter) => parameter !== undefined);
    if (node.nodeType !== 'Lambda') {
      for (const child of node.decorator_list) this.#push(child, visit, visit.scope);
      for (const child of node.type_params) this.#push(child, visit, inner);
    }
    for (const child of [...args.defaults, ...args.kw_defaults].filter((value) => value !== null))
      this.#push(child, visit, visit.scope);
    const owner = visit.parent?.kind === 'ClassDef' ? visit.parent.node : undefined;
    for (const [index, parameter] of parameters.entries()) {
      const isSelf = index === 0 && owner !== undefined && !isStatic(node);
      inner.bind(pythonName(parameter.arg), isSelf ? { kind: 'self', node: owner } : opaque);
      this.#push(parameter, visit, visit.scope);
    }
    if (node.nodeType === 'Lambda') return this.#push(node.body, visit, inner);
    if (node.returns !== undefined) this.#push(node.returns, visit, visit.scope);
    for (const child of node.body) this.#push(child, visit, inner);
  }

  #enterComprehension(visit: Visit, node: ComprehensionNode): void {
    const inner = new Scope('comprehension', visit.scope);
    for (const [index, generator] of node.generators.entries()) {
      const clause = visitOf(generator, visit, inner);
      this.#sourceOf.set(generator.target, { kind: 'element', node: generator.iter });
      // The first iterable is evaluated outside: a name bound in here does not shadow there.
      this.#push(generator.iter, clause, index === 0 ? visit.scope : inner);
      this.#push(generator.target, clause, inner);
      for (const condition of generator.ifs) this.#push(condition, clause, inner);
    }
    const results = node.nodeType === 'DictComp' ? [node.key, node.value] : [node.elt];
    for (const result of results) this.#push(result, visit, inner);
  }

  #import(visit: Visit, alias: NodeOf<'Alias'>): void {
    const path = pythonName(alias.name);
    this.#imported.add(path);
    const first = path.split('.', 1)[0] ?? path;
    if (alias.asname !== undefined) this.#bindStatement(visit, alias.asname, { kind: 'import', path });
    else this.#bindStatement(visit, first, { kind: 'import', path: first });
  }

  #importFrom(visit: Visit, node: NodeOf<'ImportFrom'>): void {
    const from = pythonName(node.module ?? '');
    this.#imported.add(from);
    for (const alias of node.names) {
      if (alias.name === '*') this.#starImports.push(from);
      else
        this.#bindStatement(visit, alias.asname ?? alias.name, {
          kind: 'import',
          path: `${from}.${pythonName(alias.name)}`,
        });
    }
  }

  /** Tells the targets that are about to be visited where their values come from. */
  #noteSources(visit: Visit): void {
    const sources = this.#sourceOf;
    switch (visit.kind) {
      case 'Assign':
        for (const target of visit.node.targets)
          sources.set(target, { kind: 'expression', node: visit.node.value });
        return;
      case 'AnnAssign':
        if (visit.node.value !== undefined)
          sources.set(visit.node.target, { kind: 'expression', node: visit.node.value });
        return;
      case 'NamedExpr':
        sources.set(visit.node.target, { kind: 'expression', node: visit.node.value });
        this.#hoisted.add(visit.node.target);
        return;
      case 'For':
        sources.set(visit.node.target, { kind: 'element', node: visit.node.iter });
        return;
      case 'Tuple':
      case 'List': {
        const source = sources.get(visit.node);
        if (source === undefined) return;
        for (const [index, target] of visit.node.elts.entries())
          sources.set(target, elementOf(source, visit.node.elts, index));
        return;
      }
      default:
    }
  }

  #bindName(node: NodeOf<'Name'>, visit: Visit): void {
    const { scope } = visit;
    const context = node.ctx.nodeType;
    if (context === 'Load') return;
    const name = pythonName(node.id);
    if (context === 'Del') this.#owner(scope, name)?.deleted.add(name);
    if (context !== 'Store') return;
    const binding = this.#sourceOf.get(node) ?? opaque;
    let target = scope;
    if (this.#hoisted.has(node))
      while (target.kind === 'comprehension' && target.parent !== null) target = target.parent;
    const statement = visit.parent;
    const isPlain = statement?.kind === 'Assign' && isBodyOf(statement.parent);
    this.#bind(target, name, binding, isPlain ? statement.node : null);
  }

  #bindPattern(visit: Visit): void {
    const { scope } = visit;
    switch (visit.kind) {
      case 'ExceptHandler':
        if (visit.node.name === undefined) return;
        this.#bind(scope, pythonName(visit.node.name), opaque, null);
        this.#owner(scope, pythonName(visit.node.name))?.deleted.add(pythonName(visit.node.name));
        return;
      case 'MatchAs':
      case 'MatchStar':
        if (visit.node.name !== undefined) this.#bind(scope, pythonName(visit.node.name), opaque, null);
        return;
      case 'MatchMapping':
        if (visit.node.rest !== undefined) this.#bind(scope, pythonName(visit.node.rest), opaque, null);
        return;
      case 'TypeVar':
      case 'ParamSpec':
      case 'TypeVarTuple':
        this.#bind(scope, pythonName(visit.node.name), opaque, null);
        return;
      default:
    }
  }

  #bindStatement(visit: Visit, rawName: string, binding: Binding): void {
    this.#bind(visit.scope, pythonName(rawName), binding, isBodyOf(visit.parent) ? visit.node : null);
  }

  #bind(scope: Scope, name: string, binding: Binding, unconditional: Node | null): void {
    if (scope.nonlocals.has(name)) {
      this.#nonlocalBindings.push({ scope, name, binding });
      return;
    }
    const isGlobal = scope.globals.has(name);
    const target = isGlobal ? this.#root : scope;
    target.bind(name, binding);
    if (isGlobal || unconditional === null || target.certainFrom.has(name)) return;
    target.certainFrom.set(name, boundFrom(unconditional));
  }

  #owner(scope: Scope, name: string): Scope | null {
    return scope.globals.has(name) ? this.#root : scope;
  }
}

function isStatic(node: FunctionNode): boolean {
  if (node.nodeType === 'Lambda') return true;
  return node.decorator_list.some(
    (decorator) => decorator.nodeType !== 'Name' || pythonName(decorator.id) === 'staticmethod',
  );
}

function isBodyOf(visit: Visit | null): boolean {
  return visit?.kind === 'Module' || visit?.kind === 'ClassDef';
}

/** Elements of an assignment like `a, b = c, d` that are followed one by one. */
const LONGEST_UNPACKING = 256;

function elementOf(source: Binding, targets: readonly Node[], index: number): Binding {
  if (source.kind !== 'expression') return opaque;
  const { node } = source;
  if (node.nodeType !== 'Tuple' && node.nodeType !== 'List') return { kind: 'element', node };
  const isStarred = (item: Node) => item.nodeType === 'Starred';
  const value = node.elts[index];
  // Every element asks again, so a long assignment would cost its length squared: beyond this nothing is told apart.
  if (value === undefined || node.elts.length !== targets.length || targets.length > LONGEST_UNPACKING) {
    return opaque;
  }
  if ([...node.elts, ...targets].some(isStarred)) return opaque;
  return { kind: 'expression', node: value };
}

/** The enclosing function that owns a nonlocal name. */
function ownerOf(scope: Scope, name: string): Scope | null {
  for (let outer = scope.parent; outer !== null && outer.kind !== 'module'; outer = outer.parent) {
    if (outer.kind !== 'class' && !outer.nonlocals.has(name) && outer.bindings.has(name)) return outer;
  }
  return null;
}

/** Python's lookup: own scope, enclosing functions (not classes), module, builtins. */
export function resolve(name: string, scope: Scope, usedAt: number): Resolution {
  let bindings: readonly Binding[] = [];
  // A class body that binds the name itself falls through to the module, past the functions around it.
  const skipsFunctions = scope.kind === 'class' && scope.bindings.has(name);
  for (let at: Scope | null = scope; at !== null; at = at.parent) {
    if (at !== scope && (at.kind === 'class' || (skipsFunctions && at.kind !== 'module'))) continue;
    if (at.globals.has(name)) {
      while (at.parent !== null) at = at.parent;
    } else if (at.nonlocals.has(name)) continue;
    const own = at.bindings.get(name);
    if (own === undefined) continue;
    bindings = bindings.length === 0 ? own : [...bindings, ...own];
    if (at.kind === 'function' || at.kind === 'comprehension') return { bindings, mayBeBuiltin: false };
    const certainFrom = at.certainFrom.get(name);
    const isCertain = certainFrom !== undefined && certainFrom < usedAt && !at.deleted.has(name);
    if (isCertain) return { bindings, mayBeBuiltin: false };
  }
  return { bindings, mayBeBuiltin: true };
}
