import type { Usage } from '../../contracts/author.ts';
import type { CodeReview } from '../../contracts/code-review.ts';
import { type AttemptSummary, type CodeProblem, Critique } from '../../contracts/effects/develop.ts';
import type { GenerateInput } from '../../contracts/effects/generate.ts';
import type { DevelopInput } from '../../contracts/effects/develop.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { TraceId } from '../../contracts/ids.ts';
import type { Log } from '../../contracts/ports/log.ts';
import type { Thought, Trace, Trial } from '../../contracts/trace.ts';
import type { AgentCall } from './agent-call.ts';
import { askJson } from './ask-json.ts';
import type { CodeJudge } from './code-judge.ts';
import { problem, problemOfCritique, problemOfReview, problemOfTrial, problemText } from './code-problem.ts';
import { extractCode } from './extract-code.ts';
import type { ChatMessage } from './model-client.ts';
import { type Answered, type ModelCalls, type Question, sha256 } from './model-calls.ts';
import { critiquePrompt, fixPrompt, type Prompt } from './prompts/index.ts';
import { spentBy, withSpent } from './spent.ts';
import { addUsage, noUsage } from './usage.ts';

/** What the loop is to come to. */
export interface Assignment extends Pick<GenerateInput, 'idea' | 'symbol' | 'bars' | 'plan' | 'seed'> {
  readonly strategyId: DevelopInput['strategyId'];
  readonly version: number;
  readonly autoFix: boolean;
  readonly maxAttempts: number;
  readonly critique: boolean;
  /** The first question; a fix is what follows. */
  readonly first: {
    readonly prompt: Pick<Prompt<never>, 'id' | 'role' | 'responseFormat'> & {
      readonly role: 'generate' | 'refactor';
    };
    readonly messages: readonly ChatMessage[];
  };
}

export interface Developed {
  readonly code: string;
  readonly codeSha256: string;
  readonly reasoning: string;
  readonly usage: Usage;
  readonly attempts: readonly AttemptSummary[];
  /** Of the code that is given. */
  readonly critique: Critique | null;
}

interface Tools {
  readonly calls: ModelCalls;
  readonly judge: CodeJudge;
  readonly log: Log;
}

/** Code that the validator and a run on a slice found nothing against. */
interface Working {
  readonly code: string;
  readonly reasoning: string;
  readonly critique: Critique | null;
}

/**
 * Write, validate, run on a slice, mend: until it works, at most `maxAttempts` times. Only validator and sandbox decide whether it does;
 * the critic can ask for another attempt, but neither pass code nor fail it. Every attempt stays in the traces.
 * @throws AGENT_CODE_UNUSABLE with the last problem and all attempts; whatever a call or the sandbox itself fails with
 */
export async function develop(tools: Tools, assignment: Assignment, call: AgentCall): Promise<Developed> {
  const { idea, symbol, bars, plan, autoFix } = assignment;
  const most = autoFix ? assignment.maxAttempts : 1;
  const attempts: AttemptSummary[] = [];
  let usage = noUsage;
  let best: Working | undefined;
  let last: { readonly code: string; readonly problem: CodeProblem; readonly traceId: TraceId } | undefined;

  for (let attempt = 1; attempt <= most; attempt += 1) {
    const question = last
      ? {
          prompt: fixPrompt,
          messages: fixPrompt.messages({
            idea,
            symbol,
            bars,
            plan,
            code: last.code,
            problem: problemText(last.problem),
          }),
          parentId: last.traceId,
        }
      : { ...assignment.first, parentId: null };
    const role = last ? 'fix' : assignment.first.prompt.role;
    try {
      const written = await write(tools, assignment, question, attempt, call);
      usage = addUsage(usage, written.usage);
      if (written.kind === 'none') {
        last = { code: last?.code ?? '', problem: written.problem, traceId: written.traceId };
        attempts.push(summary({ attempt, role, ...written, codeSha256: null, codeRisk: null, works: false }));
        continue;
      }
      const { code, answered } = written;
      const judged = await judge(tools, answered, code, symbol, plan.confidence, call);
      let found = judged.problem;
      let critique: Critique | null = null;
      if (found === null) {
        if (assignment.critique) {
          const criticised = await criticise(tools, assignment, { code, attempt, trace: judged.trace }, call);
          usage = addUsage(usage, criticised.usage);
          critique = criticised.critique;
          found = critique && problemOfCritique(critique);
        }
        best = { code, reasoning: answered.reasoning, critique };
      }
      const { traceId } = answered.trace;
      const works = judged.problem === null;
      attempts.push(
        summary({
          attempt,
          role,
          traceId,
          codeSha256: sha256(code),
          codeRisk: judged.review.codeRisk,
          problem: found,
          works,
          cached: answered.cached,
          usage: written.usage,
        }),
      );
      if (found === null) break;
      last = { code, problem: found, traceId };
    } catch (thrown) {
      throw withSpent(thrown, usage);
    }
  }

  // What the critic asked for and the model could not do is no reason to throw working code away.
  if (best) {
    const { code, reasoning, critique } = best;
    return { code, codeSha256: sha256(code), reasoning, usage, attempts, critique };
  }
  throw unusable(attempts, last?.problem, usage);
}

type Written =
  | {
      readonly kind: 'code';
      readonly code: string;
      readonly answered: Answered<string>;
      readonly usage: Usage;
    }
  | {
      readonly kind: 'none';
      readonly problem: CodeProblem;
      readonly traceId: TraceId;
      readonly cached: false;
      readonly usage: Usage;
    };

/** One answer; one without code is an attempt like any other. */
async function write(
  { calls }: Tools,
  { seed, symbol, strategyId, version }: Assignment,
  question: Pick<Question<string>, 'prompt' | 'messages' | 'parentId'>,
  attempt: number,
  call: AgentCall,
): Promise<Written> {
  try {
    const answered = await calls.ask(
      { ...question, seed, symbol, strategyId, version, attempt, read: readCode },
      call,
    );
    return { kind: 'code', code: answered.value, answered, usage: answered.usage };
  } catch (thrown) {
    if (!(thrown instanceof TradewrightError) || thrown.code !== 'AGENT_ANSWER_EMPTY') throw thrown;
    const traceId = TraceId.safeParse(thrown.details?.['traceId']).data;
    if (traceId === undefined) throw thrown;
    return {
      kind: 'none',
      problem: problem(
        'no-code',
        `${thrown.message}: answer with the whole module in one code block`,
        null,
        '',
      ),
      traceId,
      cached: false,
      usage: spentBy(thrown),
    };
  }
}

export function readCode(answer: string) {
  const code = extractCode(answer);
  const lines = code.trimEnd().split('\n').length;
  return {
    value: code,
    decision: `wrote ${lines} lines of code, SHA-256 ${sha256(code).slice(0, 12)}`,
    confidence: null,
    code,
  };
}

/** What validator and sandbox say, kept with the call that wrote the code. */
async function judge(
  { calls, judge: judges, log }: Tools,
  { trace }: Answered<string>,
  code: string,
  symbol: Assignment['symbol'],
  confidence: number,
  call: AgentCall,
): Promise<{ readonly problem: CodeProblem | null; readonly review: CodeReview; readonly trace: Trace }> {
  const review = judges.review(code);
  const refused = problemOfReview(review);
  const trial: Trial | null = refused ? null : await judges.trial(code, symbol, call);
  const found = refused ?? (trial && problemOfTrial(trial));
  const steps: Thought[] = [
    ...trace.steps.map((step) => (step.by === 'model' ? { ...step, confidence } : step)),
    {
      by: 'validator',
      thought: `code risk ${review.codeRisk}, ${review.findings.length} findings`,
      decision: refused ? `back to the author: ${refused.message}` : 'may run',
      confidence: 1,
    },
    ...(trial === null
      ? []
      : [
          {
            by: 'sandbox' as const,
            thought: `${trial.bars} bars in ${Math.round(trial.durationMs)} ms: ${trial.ok ? 'it ran' : trial.message}`,
            decision: trial.ok ? 'works' : `back to the author: ${trial.errorKind ?? 'failed'}`,
            confidence: 1,
          },
        ]),
  ];
  log.info(
    { traceId: trace.traceId, codeRisk: review.codeRisk, problem: found?.kind ?? null },
    'code judged',
  );
  return { problem: found, review, trace: await calls.amend(trace, { review, trial, steps, confidence }) };
}

/** Advice, not a verdict: without an answer of use the code goes on as it is. */
async function criticise(
  { calls, log }: Tools,
  { idea, symbol, bars, plan, seed, strategyId, version }: Assignment,
  { code, attempt, trace }: { readonly code: string; readonly attempt: number; readonly trace: Trace },
  call: AgentCall,
): Promise<{ readonly critique: Critique | null; readonly usage: Usage }> {
  try {
    const { value, usage } = await askJson(
      calls,
      {
        prompt: critiquePrompt,
        messages: critiquePrompt.messages({ idea, symbol, bars, plan, code }),
        seed,
        symbol,
        strategyId,
        version,
        attempt,
        parentId: trace.traceId,
        schema: Critique,
        decision: ({ verdict, findings }) => `${verdict}, ${findings.length} findings`,
      },
      call,
    );
    return { critique: value, usage };
  } catch (thrown) {
    if (!(thrown instanceof TradewrightError) || thrown.code !== 'AGENT_ANSWER_EMPTY') throw thrown;
    log.warn({ traceId: trace.traceId }, 'the critic gave no answer of use');
    return { critique: null, usage: spentBy(thrown) };
  }
}

const summary = (
  attempt: Omit<AttemptSummary, 'problem'> & { readonly problem: CodeProblem | null },
): AttemptSummary => {
  const { problem: found, works, cached, usage, codeSha256, codeRisk, traceId, role } = attempt;
  const told = found && { kind: found.kind, message: found.message, line: found.line };
  return {
    attempt: attempt.attempt,
    role,
    traceId,
    codeSha256,
    codeRisk,
    problem: told,
    works,
    cached,
    usage,
  };
};

function unusable(
  attempts: readonly AttemptSummary[],
  last: CodeProblem | undefined,
  usage: Usage,
): TradewrightError {
  const times = attempts.length === 1 ? 'one attempt' : `${attempts.length} attempts`;
  const why = last ? `${last.kind}${last.line === null ? '' : ` at line ${last.line}`}: ${last.message}` : '';
  return new TradewrightError(
    'AGENT_CODE_UNUSABLE',
    `${times} gave no code that passes and runs; the last problem: ${why}`.slice(0, 1_200),
    { details: { attempts, usage } },
  );
}
