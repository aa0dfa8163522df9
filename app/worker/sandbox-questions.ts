import { runProgram } from '../../actors/sandbox/run-program.ts';
import type { CodeReview } from '../../contracts/code-review.ts';
import type { ProgramFeed, Queries } from '../../contracts/ports/messaging.ts';
import { refusedResult, type SandboxService } from '../../contracts/ports/sandbox.ts';
import { PostReview, type ProgramRun, RunQuestion } from '../../contracts/sandbox-api.ts';
import { subjects } from '../../contracts/subjects.ts';

/** Kept of stdout and of stderr, each, unless less is asked for: an answer is one message. */
const OUTPUT_BYTES = 64 * 1024;
const LONGEST_ANSWER = 900 * 1024;
const LEASE_WAIT_MS = 10_000;

/** Answers what is asked of the sandbox without a workflow; the result takes it back. */
export function answerSandbox(options: {
  readonly queries: Queries;
  readonly programs: ProgramFeed;
  readonly pool: SandboxService;
  readonly review: (code: string) => CodeReview;
  readonly validation: 'on' | 'off';
}): () => void {
  const { queries, programs, pool, review, validation } = options;
  const execute: SandboxService['execute'] = (request) => pool.execute(request);
  const stops = [
    queries.answer(subjects.query('sandbox-review'), async (question) =>
      review(PostReview.parse(question).code),
    ),
    queries.answer(subjects.query('sandbox-run'), async (question) => {
      const { limits, runId, ...rest } = RunQuestion.parse(question);
      const post = { ...rest, limits: { outputBytes: OUTPUT_BYTES, ...limits } };
      const ending = new AbortController();
      const stop = runId === undefined ? undefined : programs.onCancel(runId, () => ending.abort());
      try {
        const run = await runProgram({ review, validation, execute }, post, {
          waitMs: LEASE_WAIT_MS,
          owner: 'sandbox-run',
          signal: ending.signal,
          ...(runId !== undefined && {
            onOutput: (stream, text) => programs.output(runId, stream, text),
          }),
        });
        return sendable(run);
      } finally {
        stop?.();
      }
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

function sendable(run: ProgramRun): ProgramRun {
  if (Buffer.byteLength(JSON.stringify(run)) <= LONGEST_ANSWER) return run;
  const { durationMs, resources } = run.result;
  const refused = refusedResult('output', 'what the program gave back does not fit one answer');
  return { ...run, result: { ...refused, verdict: 'failed', durationMs, resources } };
}
