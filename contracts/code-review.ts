import { z } from 'zod';

/** One reason why code is risky: which rule, where (1-based line and column), how much, why, and how to do it right. */
export const CodeFinding = z.object({
  rule: z.string(),
  line: z.number().int().positive(),
  column: z.number().int().positive(),
  score: z.number().nonnegative(),
  message: z.string(),
  advice: z.string().optional(),
});
export type CodeFinding = z.infer<typeof CodeFinding>;

/** The validator's verdict. `codeRisk` is the sum of the findings' scores; 30 and above blocks. */
export const CodeReview = z.object({
  codeRisk: z.number().nonnegative(),
  blocked: z.boolean(),
  findings: z.array(CodeFinding),
  /** Set when the code does not parse. */
  syntaxError: z
    .object({ line: z.number().int().positive(), column: z.number().int().positive(), message: z.string() })
    .optional(),
  codeSha256: z.string(),
});
export type CodeReview = z.infer<typeof CodeReview>;

export const CODE_RISK_LIMIT = 30;
