import type { Evaluator } from './evaluate.ts';
import type { Findings } from './findings.ts';
import type { SymbolTable, Visit } from './scopes.ts';
import { placeOf, type Node, type NodeOf } from './tree.ts';
import type { Rule } from './scores.ts';

/** What every rule may look at, and where it puts what it saw. */
export interface ReviewContext {
  readonly table: SymbolTable;
  readonly evaluator: Evaluator;
  readonly findings: Findings;
  /** Attributes that the program itself defines, on its classes or on `self`; never a double-underscore name. */
  readonly ownNames: ReadonlySet<string>;
}

/** A call and what may be called, as far as that has a public address: worked out once, asked by every rule about calls. */
export interface MemberCall {
  readonly node: NodeOf<'Call'>;
  readonly visit: Visit;
  readonly paths: readonly string[];
}

export type JudgeNode<Kind extends Node['nodeType']> = (
  node: NodeOf<Kind>,
  visit: Visit,
  context: ReviewContext,
) => void;

export interface Said {
  readonly subject: string;
  readonly message: string;
  readonly advice?: string;
}

export function report(context: ReviewContext, rule: Rule, visit: Visit, said: Said): void {
  let at: Visit = visit;
  while (at.node.lineno === undefined && at.parent !== null) at = at.parent;
  context.findings.add({ rule, place: placeOf(at.node), ...said });
}
