import { CODE_RISK_LIMIT, type CodeReview } from '../../contracts/code-review.ts';

/** The review as a person would like to read it: the verdict first, then each finding with its place, its points and what to do. */
export function explainReview(review: CodeReview): string {
  const lines = [headline(review)];
  for (const finding of review.findings) {
    const points = finding.score > 0 ? `+${finding.score}` : 'note';
    lines.push(
      `  line ${finding.line}:${finding.column}  ${points.padEnd(4)}  ${finding.rule}: ${finding.message}`,
    );
    if (finding.advice !== undefined) lines.push(`      ${finding.advice}`);
  }
  return lines.join('\n');
}

function headline(review: CodeReview): string {
  const { codeRisk, blocked, syntaxError } = review;
  if (syntaxError !== undefined)
    return `Blocked: line ${syntaxError.line}, column ${syntaxError.column}: ${syntaxError.message}.`;
  if (!blocked)
    return codeRisk === 0
      ? 'Allowed: no risk found.'
      : `Allowed: code risk ${codeRisk} of ${CODE_RISK_LIMIT}.`;
  if (codeRisk < CODE_RISK_LIMIT) return 'Blocked: this cannot run.';
  return `Blocked: code risk ${codeRisk}, the limit is ${CODE_RISK_LIMIT}.`;
}
