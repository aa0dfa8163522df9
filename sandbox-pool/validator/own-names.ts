import type { SymbolTable } from './scopes.ts';
import { pythonName } from './tree.ts';

/** Attributes that the program defines itself: names in class bodies and what is assigned to an attribute. */
export function ownNamesOf(table: SymbolTable): ReadonlySet<string> {
  const names = new Set<string>();
  for (const visit of table.visits) {
    if (visit.kind === 'Attribute') {
      if (visit.node.ctx.nodeType === 'Store') addPlain(names, visit.node.attr);
    } else if (visit.scope.kind !== 'class') continue;
    else if (visit.kind === 'Name') {
      if (visit.node.ctx.nodeType === 'Store') addPlain(names, visit.node.id);
    } else if (visit.kind === 'FunctionDef' || visit.kind === 'AsyncFunctionDef')
      addPlain(names, visit.node.name);
  }
  return names;
}

function addPlain(names: Set<string>, raw: string): void {
  const name = pythonName(raw);
  if (!name.startsWith('__') || !name.endsWith('__')) names.add(name);
}
