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
 * Every child, by looking at every field: a kind of node that this code has never heard of still has its children judged.
 * Contexts and operators carry nothing to judge and are left out.
 */
export function childrenOf(node: Node): Node[] {
  const children: Node[] = [];
  const fields = node as unknown as Readonly<Record<string, unknown>>;
  // A plain loop over the keys: this runs for every node, and pairs of key and value would be thrown away at once.
  for (const field in fields) {
    const value = fields[field];
    if (typeof value !== 'object' || value === null || field === 'ctx' || field === 'op' || field === 'ops')
      continue;
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) children.push(item);
    } else if (isNode(value)) children.push(value);
  }
  return children;
}

/** 1-based; a node without a position of its own takes the given one. */
export function placeOf(node: Node, otherwise: Place = { line: 1, column: 1 }): Place {
  if (node.lineno === undefined) return otherwise;
  return { line: Math.max(1, node.lineno), column: (node.col_offset ?? 0) + 1 };
}
