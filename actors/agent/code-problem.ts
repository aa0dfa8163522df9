import { CODE_RISK_LIMIT, type CodeReview } from '../../contracts/code-review.ts';
import { type CodeProblem, type Critique, problemKinds } from '../../contracts/effects/develop.ts';
import type { Trial } from '../../contracts/trace.ts';

const MESSAGE_LIMIT_CHARS = 1_000;
const FINDINGS_TOLD = 20;
const TRACEBACK_TOLD_CHARS = 4_000;
const OUTPUT_TOLD_CHARS = 1_000;

export function problemOfReview({
  blocked,
  codeRisk,
  findings,
  syntaxError,
}: CodeReview): CodeProblem | null {
  if (syntaxError) {
    const { line, column, message } = syntaxError;
    return problem('syntax', `SyntaxError: line ${line}, column ${column}: ${message}`, line, '');
  }
  if (!blocked) return null;
  const worst = [...findings].sort((a, b) => b.score - a.score);
  const details = worst
    .slice(0, FINDINGS_TOLD)
    .map(
      ({ line, score, message, advice }) =>
        `line ${line}, ${score} points: ${message}${advice ? ` ${advice}` : ''}`,
    )
    .join('\n');
  return problem(
    'blocked',
    `the validator scores the code ${codeRisk}; ${CODE_RISK_LIMIT} and above is not allowed`,
    worst[0]?.line ?? null,
    details,
  );
}

export function problemOfTrial({
  ok,
  errorKind,
  message,
  line,
  traceback,
  stdout,
  stderr,
}: Trial): CodeProblem | null {
  if (ok) return null;
  const kind = problemKinds.find((each) => each === errorKind) ?? 'runtime';
  const printed = [stdout, stderr].join('\n').trim().slice(-OUTPUT_TOLD_CHARS);
  const details = [traceback.slice(-TRACEBACK_TOLD_CHARS), printed === '' ? '' : `It printed:\n${printed}`]
    .filter((part) => part !== '')
    .join('\n\n');
  return problem(kind, message, line, details);
}

/** Only what the critic finds grave, and only when it asks for another program. */
export function problemOfCritique({ verdict, findings }: Critique): CodeProblem | null {
  const grave = findings.filter(({ severity }) => severity === 'high');
  const [first] = grave;
  if (verdict === 'pass' || first === undefined) return null;
  const details = findings
    .map(
      ({ kind, severity, line, message }) =>
        `${kind} (${severity})${line === null ? '' : `, line ${line}`}: ${message}`,
    )
    .join('\n');
  return problem('critique', first.message, first.line, details);
}

export function problem(
  kind: CodeProblem['kind'],
  message: string,
  line: number | null,
  details: string,
): CodeProblem {
  return { kind, message: message.slice(0, MESSAGE_LIMIT_CHARS), line, details };
}

/** The problem as the next attempt is told. */
export const problemText = ({ kind, message, line, details }: CodeProblem): string =>
  `${kind}${line === null ? '' : ` at line ${line}`}: ${message}${details === '' ? '' : `\n\n${details}`}`;
