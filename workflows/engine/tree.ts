import { unreachable } from '../../contracts/errors.ts';
import type { LeafDefinition, NodeDefinition } from './nodes.ts';

/** What is inside of a node; nothing in a leaf. */
export function childrenOf<I>(node: NodeDefinition<I>): readonly NodeDefinition<I>[] {
  switch (node.kind) {
    case 'parallel':
      return node.branches;
    case 'loop':
      return node.nodes;
    case 'step':
    case 'sleep':
    case 'decision':
      return [];
    default:
      return unreachable(node);
  }
}

/** The nodes and all within them, in the order of the definition, each before what it holds. */
export function allNodes<I>(nodes: readonly NodeDefinition<I>[]): readonly NodeDefinition<I>[] {
  return nodes.flatMap((node) => [node, ...allNodes(childrenOf(node))]);
}

export function leavesOf<I>(nodes: readonly NodeDefinition<I>[]): readonly LeafDefinition<I>[] {
  return allNodes(nodes).filter((node) => node.kind !== 'parallel' && node.kind !== 'loop');
}
