import { createHash } from 'node:crypto';

import { CODE_RISK_LIMIT, type CodeFinding, type CodeReview } from '../../contracts/code-review.ts';
import { Evaluator } from './evaluate.ts';
import { Findings } from './findings.ts';
import { scanRawText } from './raw-scan.ts';
import type { MemberCall, ReviewContext } from './review-context.ts';
import { judgeAttributeNode, judgeClassPattern } from './rules/attributes.ts';
import { judgeCall } from './rules/calls.ts';
import { judgeClass, judgeFunction, judgeLambda } from './rules/classes.ts';
import { judgeDeterminism, judgeOrderingOfSet, judgeWalkedSet } from './rules/determinism.ts';
import { judgeImportFrom, judgeImportStatement } from './rules/imports.ts';
import { judgeLookAheadCall, judgeNormalisation, judgeReversal } from './rules/look-ahead.ts';
import { judgeBoundDunder, judgeName } from './rules/names.ts';
import {
  judgeAllocation,
  judgeEndlessCall,
  judgeArithmetic,
  judgeLiteral,
  judgeBarLoops,
  judgeWhile,
} from './rules/resources.ts';
import { parsePython } from './parse-python.ts';
import { judgeText } from './rules/texts.ts';
import { ownNamesOf } from './own-names.ts';
import { buildSymbolTable, type Visit } from './scopes.ts';
import { syntaxErrorOf, type SyntaxFault } from './syntax-fault.ts';
import { placeOf, type NodeOf } from './tree.ts';
import { membersOf } from './values.ts';

/**
 * Judges a strategy's source without running it: pure, synchronous, and bounded on hostile input (64 KB of source, a fixed number
 * of evaluation steps, no recursion over the tree). It is the first of six layers, not the wall.
 *
 * @returns findings in the order of the source; `codeRisk` is the sum of their scores. Blocked are 30 points and more, and code
 *   that does not parse or says nothing, whatever its points. It never throws.
 */
export function reviewCode(source: string): CodeReview {
  const codeSha256 = createHash('sha256').update(source, 'utf8').digest('hex');
  const findings = new Findings();
  if (!scanRawText(source, findings)) return verdict(findings, codeSha256, true);

  const parsed = parseModule(source);
  if ('fault' in parsed) {
    const { line, column, message } = parsed.fault;
    const place = { line, column };
    findings.add({
      rule: 'syntax-error',
      place,
      subject: 'syntax',
      message: `The code is not valid Python: ${message}.`,
    });
    return { ...verdict(findings, codeSha256, true), syntaxError: parsed.fault };
  }
  if (parsed.module.body.length === 0) {
    findings.add({
      rule: 'empty-code',
      place: { line: 1, column: 1 },
      subject: 'empty',
      message: 'There is no code.',
      advice: 'Define generate_signals(bars).',
    });
    return verdict(findings, codeSha256, true);
  }
  try {
    judge(parsed.module, findings);
  } catch {
    // A program that brings the judge down has not been judged, so it does not run.
    findings.add({
      rule: 'too-complex',
      place: { line: 1, column: 1 },
      subject: 'judge',
      message: 'The code could not be judged.',
      advice: 'Write it more plainly.',
    });
  }
  return verdict(findings, codeSha256, false);
}

function parseModule(source: string): { module: NodeOf<'Module'> } | { fault: SyntaxFault } {
  try {
    return { module: parsePython(source) };
  } catch (thrown) {
    return { fault: syntaxErrorOf(thrown, source) };
  }
}

function judge(module: NodeOf<'Module'>, findings: Findings): void {
  const table = buildSymbolTable(module);
  const evaluator = new Evaluator(table);
  const context: ReviewContext = { table, evaluator, findings, ownNames: ownNamesOf(table) };
  const calls: MemberCall[] = [];
  for (const visit of table.visits) {
    if (visit.kind === 'Call') judgeCallOf(visit, visit.node, context, calls);
    else judgeVisit(visit, context);
  }
  judgeDeterminism(calls, context);
  if (evaluator.gaveUpAt === null) return;
  findings.add({
    rule: 'too-complex',
    place: placeOf(evaluator.gaveUpAt),
    subject: 'nesting',
    message: 'The code is nested or chained so deeply that it cannot be judged.',
    advice: 'Split it into shorter statements.',
  });
}

function judgeCallOf(
  visit: Visit,
  node: NodeOf<'Call'>,
  context: ReviewContext,
  memberCalls: MemberCall[],
): void {
  const paths = membersOf(context.evaluator.valuesOf(node.func));
  const call: MemberCall = { node, visit, paths };
  judgeCall(call, context);
  judgeAllocation(call, context);
  judgeEndlessCall(call, context);
  judgeOrderingOfSet(call, context);
  judgeLookAheadCall(call, context);
  judgeText(visit, context);
  if (paths.length > 0) memberCalls.push(call);
}

function judgeVisit(visit: Visit, context: ReviewContext): void {
  switch (visit.kind) {
    case 'Import':
      return judgeImportStatement(visit.node, visit, context);
    case 'ImportFrom':
      return judgeImportFrom(visit.node, visit, context);
    case 'Name':
      return judgeName(visit.node, visit, context);
    case 'Attribute':
      return judgeAttributeNode(visit.node, visit, context);
    case 'MatchClass':
      return judgeClassPattern(visit.node, visit, context);
    case 'ClassDef':
      return judgeClass(visit.node, visit, context);
    case 'FunctionDef':
    case 'AsyncFunctionDef':
      return judgeFunction(visit.node, visit, context);
    case 'Lambda':
      return judgeLambda(visit.node, visit, context);
    case 'For':
      judgeWalkedSet(visit.node, visit, context);
      return judgeBarLoops(visit.node, visit, context);
    case 'While':
      return judgeWhile(visit.node, visit, context);
    case 'BinOp':
      judgeArithmetic(visit.node, visit, context);
      judgeNormalisation(visit.node, visit, context);
      return judgeText(visit, context);
    case 'Subscript':
      judgeReversal(visit.node, visit, context);
      return judgeText(visit, context);
    case 'Constant':
      judgeLiteral(visit.node, visit, context);
      return judgeText(visit, context);
    case 'JoinedStr':
      return judgeText(visit, context);
    case 'ExceptHandler':
    case 'MatchAs':
    case 'MatchStar':
      return judgeBoundDunder(visit.node.name, visit, context);
    case 'MatchMapping':
      return judgeBoundDunder(visit.node.rest, visit, context);
    default:
  }
}

function verdict(findings: Findings, codeSha256: string, isRefused: boolean): CodeReview {
  const list = findings.list();
  const codeRisk = list.reduce((sum: number, finding: CodeFinding) => sum + finding.score, 0);
  return { codeRisk, blocked: isRefused || codeRisk >= CODE_RISK_LIMIT, findings: list, codeSha256 };
}
