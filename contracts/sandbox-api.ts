import { z } from 'zod';
import { CodeReview } from './code-review.ts';
import { Failure } from './envelope.ts';
import { RunId } from './ids.ts';
import { sandboxErrorKinds, type SandboxResult } from './ports/sandbox.ts';

const code = z.string().max(64 * 1024);

/** `POST /v1/sandbox/review`: what the validator says of a program; nothing is run. */
export const PostReview = z.strictObject({ code });
export type PostReview = z.infer<typeof PostReview>;

/** `POST /v1/sandbox/run`: one program in a warm container that it has for itself. No request can switch the validator off. */
export const PostRun = z.strictObject({
  code,
  /** A JSON value that the program finds in its variable INPUT; what it leaves in RESULT comes back as `value`. */
  input: z.json().optional(),
  limits: z
    .strictObject({
      timeoutMs: z.number().int().min(1).max(60_000).optional(),
      memoryBytes: z
        .int()
        .min(96 * 2 ** 20)
        .max(1_024 * 2 ** 20)
        .optional(),
      /** Kept of stdout and of stderr, each. */
      outputBytes: z
        .int()
        .min(0)
        .max(64 * 1024)
        .optional(),
    })
    .optional(),
});
export type PostRun = z.infer<typeof PostRun>;

/** What a worker is asked: with a run id, it sends what the program prints and ends it when it is told to. */
export const RunQuestion = PostRun.extend({ runId: RunId.optional() });
export type RunQuestion = z.infer<typeof RunQuestion>;

const Result = z.object({
  success: z.boolean(),
  exitCode: z.number().nullable(),
  signal: z.string().nullable(),
  stdout: z.string(),
  stderr: z.string(),
  stdoutTruncated: z.boolean(),
  stderrTruncated: z.boolean(),
  value: z.unknown(),
  durationMs: z.number(),
  resources: z.object({ cpuMs: z.number().nullable(), peakMemoryBytes: z.number().nullable() }),
  verdict: z.enum(['ok', 'failed', 'killed', 'refused']),
  errorKind: z.enum(sandboxErrorKinds).nullable(),
  error: z
    .object({ message: z.string(), traceback: z.string().optional(), line: z.number().optional() })
    .nullable(),
});

/** The validator's review, and how the program ended; of a blocked one, that no container has seen it. */
export const ProgramRun = z.object({ review: CodeReview, result: Result });
export interface ProgramRun {
  readonly review: CodeReview;
  readonly result: SandboxResult;
}

/**
 * One line of the answer to a run that is asked for as `application/x-ndjson`: what the program prints, as it prints it, bounded like
 * the result's `stdout` and `stderr`; last, and once, how it ended.
 */
export const ProgramRunLine = z.discriminatedUnion('type', [
  z.object({ type: z.literal('output'), stream: z.enum(['stdout', 'stderr']), text: z.string() }),
  ProgramRun.extend({ type: z.literal('result') }),
  z.object({ type: z.literal('error'), error: Failure }),
]);
