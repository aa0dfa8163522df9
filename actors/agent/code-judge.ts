import type { CodeReview } from '../../contracts/code-review.ts';
import type { Symbol } from '../../contracts/symbol.ts';
import type { Trial } from '../../contracts/trace.ts';
import type { AgentCall } from './agent-call.ts';

/** Who says whether code works. Nothing that the model or the code says has a part in it. */
export interface CodeJudge {
  /** The validator's verdict. */
  review(code: string): CodeReview;
  /**
   * One run on a slice of the symbol's bars in the sandbox, and again on shortened slices. Only for code that the validator let pass.
   * @throws SANDBOX_INTERNAL and the like, when the program is not to blame; CANCELLED
   */
  trial(code: string, symbol: Symbol, call: AgentCall): Promise<Trial>;
}
