import type { SymbolTable } from './scopes.ts';
import { pythonName } from './tree.ts';

/** Attributes that the program defines itself: names in class bodies and what is assigned to an attribute. */
export function ownNamesOf(table: SymbolTable): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { node, scope } of table.visits) {
    if (node.nodeType === 'Attribute' && node.ctx.nodeType === 'Store') addPlain(names, node.attr);
    else if (scope.kind !== 'class') continue;
    else if (node.nodeType === 'Name' && node.ctx.nodeType === 'Store') addPlain(names, node.id);
    else if (node.nodeType === 'FunctionDef' || node.nodeType === 'AsyncFunctionDef')
      addPlain(names, node.name);
  }
  return names;
}

function addPlain(names: Set<string>, raw: string): void {
  const name = pythonName(raw);
  if (!name.startsWith('__') || !name.endsWith('__')) names.add(name);
}
