import type { Trace } from '../../contracts/trace.ts';

/** What is kept of a text, bytes in UTF-8. */
const limits = { prompt: 131_072, reasoning: 65_536, answer: 131_072, code: 98_304, output: 16_384 } as const;
/** A whole trace must fit into one NATS message. */
const TRACE_LIMIT_BYTES = 900_000;
const CUT = '\n… [cut]';

/** The trace as it may be stored: secrets hidden, every text bounded. */
export function keptTrace(trace: Trace, redact: (text: string) => string): Trace {
  const kept = bounded(trace, redact, 1);
  return Buffer.byteLength(JSON.stringify(kept)) <= TRACE_LIMIT_BYTES ? kept : bounded(trace, redact, 8);
}

function bounded(trace: Trace, redact: (text: string) => string, by: number): Trace {
  let truncated = trace.truncated;
  const text = (raw: string, limit: number): string => {
    const clean = redact(raw);
    const most = Math.floor(limit / by);
    if (Buffer.byteLength(clean) <= most) return clean;
    if (clean.endsWith(CUT) && Buffer.byteLength(clean) <= most + CUT.length * 2) return clean;
    truncated = true;
    return `${Buffer.from(clean).subarray(0, most).toString('utf8').replace(/�$/, '')}${CUT}`;
  };
  const each = Math.floor(limits.prompt / Math.max(trace.messages.length, 1));
  const { trial, error, review } = trace;
  const kept: Trace = {
    ...trace,
    messages: trace.messages.map(({ role, content }) => ({ role, content: text(content, each) })),
    reasoning: text(trace.reasoning, limits.reasoning),
    answer: text(trace.answer, limits.answer),
    code: trace.code === null ? null : text(trace.code, limits.code),
    review: review && { ...review, findings: review.findings.slice(0, 100) },
    trial: trial && {
      ...trial,
      message: text(trial.message, limits.output),
      traceback: text(trial.traceback, limits.output),
      stdout: text(trial.stdout, limits.output),
      stderr: text(trial.stderr, limits.output),
    },
    error: error && { ...error, message: text(error.message, limits.output) },
    steps: trace.steps.slice(0, 50).map(({ thought, decision, ...step }) => ({
      ...step,
      thought: text(thought, 4_096),
      decision: text(decision, 2_048),
    })),
  };
  return { ...kept, truncated };
}
