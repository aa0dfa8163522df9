import type { ASTNodeUnion } from 'py-ast';
import type { Place } from './findings.ts';

export type Node = ASTNodeUnion;
export type NodeOf<Kind extends Node['nodeType']> = Extract<Node, { nodeType: Kind }>;
export type FunctionNode = NodeOf<'FunctionDef'> | NodeOf<'AsyncFunctionDef'> | NodeOf<'Lambda'>;
export type ComprehensionNode =
  NodeOf<'ListComp'> | NodeOf<'SetComp'> | NodeOf<'DictComp'> | NodeOf<'GeneratorExp'>;

/** Python compares identifiers after this normalisation, so every name is read through it. */
export function pythonName(raw: string): string {
  for (let at = 0; at < raw.length; at += 1) if (raw.charCodeAt(at) > 0x7f) return raw.normalize('NFKC');
  return raw;
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'nodeType' in value;
}

/**
 * Every child in the order of the source, added to `into`. The kinds that make up most of a program are written out; of any other,
 * one that this code has never heard of included, every field is looked at. Contexts and operators carry nothing to judge and are
 * left out.
 */
export function childrenOf(node: Node, into: Node[] = []): Node[] {
  switch (node.nodeType) {
    case 'Name':
    case 'Constant':
    case 'Pass':
      return into;
    case 'Attribute':
    case 'Keyword':
    case 'Expr':
    case 'Starred':
      into.push(node.value);
      return into;
    case 'Call':
      into.push(node.func);
      addAll(node.args, into);
      return addAll(node.keywords, into);
    case 'Subscript':
      into.push(node.value, node.slice);
      return into;
    case 'BinOp':
      into.push(node.left, node.right);
      return into;
    case 'UnaryOp':
      into.push(node.operand);
      return into;
    case 'Compare':
      into.push(node.left);
      return addAll(node.comparators, into);
    case 'BoolOp':
      return addAll(node.values, into);
    case 'Assign':
      addAll(node.targets, into);
      into.push(node.value);
      return into;
    case 'If':
      into.push(node.test);
      addAll(node.body, into);
      return addAll(node.orelse, into);
    case 'Return':
      if (node.value !== undefined) into.push(node.value);
      return into;
    case 'Tuple':
    case 'List':
      return addAll(node.elts, into);
    default:
      return addEveryField(node, into);
  }
}

function addAll(nodes: readonly Node[], into: Node[]): Node[] {
  for (const node of nodes) into.push(node);
  return into;
}

/** What `childrenOf` does for a kind that it does not know. */
export function addEveryField(node: Node, into: Node[]): Node[] {
  const fields = node as unknown as Readonly<Record<string, unknown>>;
  // A plain loop over the keys: pairs of key and value would be thrown away at once.
  for (const field in fields) {
    const value = fields[field];
    if (typeof value !== 'object' || value === null || field === 'ctx' || field === 'op' || field === 'ops')
      continue;
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) into.push(item);
    } else if (isNode(value)) into.push(value);
  }
  return into;
}

/** 1-based; a node without a position of its own takes the given one. */
export function placeOf(node: Node, otherwise: Place = { line: 1, column: 1 }): Place {
  if (node.lineno === undefined) return otherwise;
  return { line: Math.max(1, node.lineno), column: (node.col_offset ?? 0) + 1 };
}
