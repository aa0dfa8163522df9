import type { CodeReview } from '../../contracts/code-review.ts';
import { refusedResult, type SandboxService, type SandboxResult } from '../../contracts/ports/sandbox.ts';
import type { PostRun, ProgramRun } from '../../contracts/sandbox-api.ts';

type Execution = Parameters<SandboxService['execute']>[0];

/** First the validator, and only what it lets pass gets a container. Validation is the operator's to switch off, never a request's. */
export async function runProgram(
  options: {
    readonly review: (code: string) => CodeReview;
    readonly validation: 'on' | 'off';
    readonly execute: (request: Execution) => Promise<SandboxResult>;
  },
  { code, input, limits = {} }: PostRun,
  rest: Omit<Execution, 'code' | 'input' | 'limits' | 'timeoutMs'> = {},
): Promise<ProgramRun> {
  const review = options.review(code);
  if (review.blocked && options.validation === 'on') return { review, result: refusalOf(review) };
  const { timeoutMs, ...containerLimits } = limits;
  const result = await options.execute({
    ...rest,
    code,
    input,
    limits: present(containerLimits),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  return { review, result };
}

function refusalOf({ syntaxError, codeRisk, findings }: CodeReview): SandboxResult {
  if (syntaxError !== undefined) {
    const refused = refusedResult('syntax', `SyntaxError: ${syntaxError.message}`);
    return { ...refused, error: { message: `SyntaxError: ${syntaxError.message}`, line: syntaxError.line } };
  }
  const gravest = findings.toSorted((a, b) => b.score - a.score)[0];
  const message =
    gravest?.rule === 'empty-code'
      ? 'the program is empty'
      : `blocked by the validator: code risk ${codeRisk}`;
  const refused = refusedResult(gravest?.rule === 'empty-code' ? 'syntax' : 'blocked', message);
  if (gravest === undefined || gravest.rule === 'empty-code') return refused;
  return { ...refused, error: { message: `${message}: ${gravest.message}`, line: gravest.line } };
}

/** A limit that is not asked for must not stand there as undefined. */
function present<T extends object>(limits: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}
