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
export interface Visit {
  readonly node: Node;
  readonly parent: Visit | null;
  readonly scope: Scope;
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

  build(module: NodeOf<'Module'>): SymbolTable {
    this.#stack.push({ node: module, parent: null, scope: this.#root });
    for (let visit = this.#stack.pop(); visit !== undefined; visit = this.#stack.pop()) {
      this.#visits.push(visit);
      if (visit.node.nodeType === 'Name') this.#scopeOf.set(visit.node, visit.scope);
      const pushedFrom = this.#stack.length;
      this.#enter(visit);
      reverseFrom(this.#stack, pushedFrom);
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
    const { node, scope } = visit;
    switch (node.nodeType) {
      case 'FunctionDef':
      case 'AsyncFunctionDef':
        this.#bindStatement(visit, node.name, { kind: 'function', node });
        return this.#enterFunction(visit, node);
      case 'Lambda':
        return this.#enterFunction(visit, node);
      case 'ClassDef': {
        this.#bindStatement(visit, node.name, { kind: 'class', node });
        const inner = new Scope('class', scope);
        const { body, ...header } = node;
        for (const child of childrenOf(header as Node)) this.#push(child, visit, scope);
        for (const child of body) this.#push(child, visit, inner);
        return;
      }
      case 'ListComp':
      case 'SetComp':
      case 'DictComp':
      case 'GeneratorExp':
        return this.#enterComprehension(visit, node);
      case 'Global':
        for (const name of node.names) scope.globals.add(pythonName(name));
        return;
      case 'Nonlocal':
        for (const name of node.names) scope.nonlocals.add(pythonName(name));
        return;
      case 'Import':
        for (const alias of node.names) this.#import(visit, alias);
        break;
      case 'ImportFrom':
        this.#importFrom(visit, node);
        break;
      default:
        this.#noteSources(node);
        this.#bindNames(visit);
    }
    for (const child of childrenOf(node)) this.#push(child, visit, scope);
  }

  #push(node: Node, parent: Visit, scope: Scope): void {
    this.#stack.push({ node, parent, scope });
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
    const owner = visit.parent?.node.nodeType === 'ClassDef' ? visit.parent.node : undefined;
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
      const clause: Visit = { node: generator, parent: visit, scope: inner };
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
  #noteSources(node: Node): void {
    const sources = this.#sourceOf;
    switch (node.nodeType) {
      case 'Assign':
        for (const target of node.targets) sources.set(target, { kind: 'expression', node: node.value });
        return;
      case 'AnnAssign':
        if (node.value !== undefined) sources.set(node.target, { kind: 'expression', node: node.value });
        return;
      case 'NamedExpr':
        sources.set(node.target, { kind: 'expression', node: node.value });
        this.#hoisted.add(node.target);
        return;
      case 'For':
        sources.set(node.target, { kind: 'element', node: node.iter });
        return;
      case 'Tuple':
      case 'List': {
        const source = sources.get(node);
        if (source === undefined) return;
        for (const [index, target] of node.elts.entries())
          sources.set(target, elementOf(source, node.elts, index));
        return;
      }
      default:
    }
  }

  #bindNames(visit: Visit): void {
    const { node, scope } = visit;
    switch (node.nodeType) {
      case 'Name': {
        const name = pythonName(node.id);
        if (node.ctx.nodeType === 'Del') this.#owner(scope, name)?.deleted.add(name);
        if (node.ctx.nodeType !== 'Store') return;
        const binding = this.#sourceOf.get(node) ?? opaque;
        let target = scope;
        if (this.#hoisted.has(node))
          while (target.kind === 'comprehension' && target.parent !== null) target = target.parent;
        const statement = visit.parent;
        const isPlain = statement?.node.nodeType === 'Assign' && isBodyOf(statement.parent);
        this.#bind(target, name, binding, isPlain ? statement.node : null);
        return;
      }
      case 'ExceptHandler':
        if (node.name === undefined) return;
        this.#bind(scope, pythonName(node.name), opaque, null);
        this.#owner(scope, pythonName(node.name))?.deleted.add(pythonName(node.name));
        return;
      case 'MatchAs':
      case 'MatchStar':
        if (node.name !== undefined) this.#bind(scope, pythonName(node.name), opaque, null);
        return;
      case 'MatchMapping':
        if (node.rest !== undefined) this.#bind(scope, pythonName(node.rest), opaque, null);
        return;
      case 'TypeVar':
      case 'ParamSpec':
      case 'TypeVarTuple':
        this.#bind(scope, pythonName(node.name), opaque, null);
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
  return visit?.node.nodeType === 'Module' || visit?.node.nodeType === 'ClassDef';
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

function reverseFrom(stack: Visit[], from: number): void {
  for (let low = from, high = stack.length - 1; low < high; low += 1, high -= 1) {
    const lower = stack[low];
    const upper = stack[high];
    if (lower === undefined || upper === undefined) return;
    stack[low] = upper;
    stack[high] = lower;
  }
}
